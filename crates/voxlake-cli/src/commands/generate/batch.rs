//! A day's simulated calls as record batches.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{RecordBatch, new_null_array};
use chrono::{DateTime, FixedOffset, NaiveDate, Offset as _, Utc};
use voxlake_lake::TimeRange;
use voxlake_model::decode_records;
use voxlake_sim::{Call, Centre, View};

use crate::args::{ColumnsName, ViewName};

/// Calls that are made and written together.
const PIECE: usize = 2048;

/// Columns of [`ColumnsName::Few`].
const FEW: [&str; 10] = [
    "engagement_id",
    "direction",
    "distributions",
    "start_time",
    "total_duration",
    "queues",
    "result",
    "charge_amount",
    "charge_currency",
    "fetched_at",
];

/// Makes batches of a centre's calls.
#[derive(Clone)]
pub(super) struct Batches {
    pub(super) centre: Arc<Centre>,
    pub(super) view: ViewName,
    pub(super) columns: ColumnsName,
}

impl Batches {
    /// The calls of a UTC day in the day's order, in the lake's schema, as if fetched at a moment.
    pub(super) fn of_day(
        &self,
        date: NaiveDate,
        fetched_at: DateTime<Utc>,
    ) -> impl Iterator<Item = anyhow::Result<RecordBatch>> {
        let TimeRange { from, to } = TimeRange::of_day(date);
        let mut calls = self.centre.calls(from, to);
        std::iter::from_fn(move || {
            let piece: Vec<Call> = calls.by_ref().take(PIECE).collect();
            (!piece.is_empty()).then(|| self.batch(&piece, fetched_at))
        })
    }

    fn batch(&self, calls: &[Call], fetched_at: DateTime<Utc>) -> anyhow::Result<RecordBatch> {
        let view = match (self.view, self.columns) {
            (ViewName::Detail, ColumnsName::All) => View::Detail,
            _ => View::Summary,
        };
        let utc: FixedOffset = Utc.fix();
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(calls.len()));
        for call in calls {
            call.write_json(view, utc, &mut text)?;
            ends.push(text.len());
        }
        let text = std::str::from_utf8(&text)?;
        let mut from = 0;
        let records = ends.iter().map(|end| &text[std::mem::replace(&mut from, *end)..*end]);
        let (batch, rejects) = decode_records(records, fetched_at)?;
        anyhow::ensure!(rejects.is_empty(), "a simulated call has no place in the lake");
        match self.columns {
            ColumnsName::All => Ok(batch),
            ColumnsName::Few => few(&batch).context("the other columns cannot be null"),
        }
    }
}

/// The batch with nulls in all but a few columns.
fn few(batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
        if FEW.contains(&field.name().as_str()) {
            Arc::clone(column)
        } else {
            new_null_array(field.data_type(), batch.num_rows())
        }
    });
    Ok(RecordBatch::try_new(Arc::clone(&schema), columns.collect())?)
}
