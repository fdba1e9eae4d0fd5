//! Table `rejects`: records that cannot be stored as calls, without their contents.
//!
//! Rejects are read on demand.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;
use voxlake_lake::{Lake, RejectSource, StoredReject, TimeRange};
use voxlake_model::schema::{DESCRIPTION, UNIT, timestamp_type};

use crate::error::EngineError;

/// Comment of the table.
pub const COMMENT: &str = "one row for each record that cannot be stored as a call, since it has no \
    engagement_id or no readable start_time; `voxlake rejects show` prints its contents.";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let column = |name: &str, data_type: DataType, required: bool, text: &str| {
        let unit = (data_type == timestamp_type()).then(|| (UNIT.to_owned(), "UTC, ms".to_owned()));
        let metadata: HashMap<_, _> =
            std::iter::once((DESCRIPTION.to_owned(), text.to_owned())).chain(unit).collect();
        Field::new(name, data_type, !required).with_metadata(metadata)
    };
    Arc::new(Schema::new(vec![
        column("id", DataType::Utf8, true, "16 hex digits: a hash of the record's text"),
        column("reason", DataType::Utf8, true, "why the record cannot be stored as a call"),
        column("fetched_at", timestamp_type(), true, "when it was fetched"),
        column(
            "window_from",
            timestamp_type(),
            false,
            "start of the window with which it was fetched; NULL for files",
        ),
        column("window_to", timestamp_type(), false, "end of that window; NULL for files"),
        column("file", DataType::Utf8, false, "name of the file that it was imported from; NULL otherwise"),
    ]))
});

/// Creates the table `rejects` of a lake.
///
/// # Errors
/// If DataFusion does not accept the schema.
pub fn rejects_table(lake: &Lake) -> Result<StreamingTable> {
    StreamingTable::try_new(Arc::clone(&SCHEMA), vec![Arc::new(Rejects(lake.clone()))])
}

/// Returns the number of rejects from windows that overlap `period`: calls that results may lack.
///
/// # Errors
/// [`EngineError::Lake`] if the rejects cannot be read.
pub async fn count_overlapping(lake: &Lake, period: TimeRange) -> Result<usize, EngineError> {
    let rejects = lake.rejects().await?;
    let touches =
        |reject: &&StoredReject| fetch_window(reject).is_some_and(|w| !w.intersection(&period).is_empty());
    Ok(rejects.iter().filter(touches).count())
}

#[derive(Debug)]
struct Rejects(Lake);

impl PartitionStream for Rejects {
    fn schema(&self) -> &SchemaRef {
        &SCHEMA
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let lake = self.0.clone();
        let all = stream::once(async move {
            let rejects = lake.rejects().await;
            let rejects =
                rejects.map_err(|error| DataFusionError::External(Box::new(EngineError::from(error))));
            Ok(reject_rows(&rejects?)?)
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&SCHEMA), all))
    }
}

fn fetch_window(reject: &StoredReject) -> Option<TimeRange> {
    match &reject.source {
        Some(RejectSource::Window(window)) => Some(*window),
        Some(RejectSource::File(_)) | None => None,
    }
}

/// Converts rejects into rows of the table `rejects`.
///
/// # Errors
/// If the columns do not form a record batch, which is a bug.
pub fn reject_rows(rejects: &[StoredReject]) -> std::result::Result<RecordBatch, ArrowError> {
    let instants = |instant: fn(&StoredReject) -> Option<DateTime<Utc>>| {
        let ms = rejects.iter().map(|reject| instant(reject).map(|at| at.timestamp_millis()));
        Arc::new(ms.collect::<TimestampMillisecondArray>().with_timezone("UTC")) as ArrayRef
    };
    let texts = |text: fn(&StoredReject) -> Option<&str>| {
        Arc::new(rejects.iter().map(text).collect::<StringArray>()) as ArrayRef
    };
    let columns = vec![
        texts(|reject| Some(&reject.id)),
        texts(|reject| Some(&reject.reason)),
        instants(|reject| Some(reject.fetched_at)),
        instants(|reject| fetch_window(reject).map(|window| window.from)),
        instants(|reject| fetch_window(reject).map(|window| window.to)),
        texts(|reject| match &reject.source {
            Some(RejectSource::File(name)) => Some(name),
            _ => None,
        }),
    ];
    RecordBatch::try_new(Arc::clone(&SCHEMA), columns)
}

#[cfg(test)]
mod tests {
    use voxlake_lake::RejectBatch;
    use voxlake_model::{Reject, RejectReason};

    use super::*;
    use voxlake_query::{LakeSession, SessionOptions};

    #[tokio::test]
    async fn rejects_are_listed_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let at = |day: u32| format!("2026-11-{day:02}T00:00:00Z").parse::<DateTime<Utc>>().unwrap();
        let lock = lake.lock(at(1)).await.unwrap();
        let reject = |record: &str| Reject { reason: RejectReason::NoStartTime, record: record.to_owned() };
        for (source, fetched, record) in [
            (RejectSource::Window(TimeRange { from: at(1), to: at(3) }), 5, r#"{"n": "+12055550100"}"#),
            (RejectSource::File("calls.ndjson".to_owned()), 6, "{}"),
        ] {
            let rejected = RejectBatch { source, fetched_at: at(fetched), rejects: vec![reject(record)] };
            lake.write_rejects(&lock, &rejected).await.unwrap();
        }
        let session = LakeSession::open(&lake, SessionOptions::default()).await.unwrap();
        let sql = "SELECT reason, fetched_at, window_from, window_to, file FROM rejects ORDER BY fetched_at";
        let rows = session.sql(sql).await.unwrap().collect().await.unwrap();
        let shown = datafusion::arrow::util::pretty::pretty_format_batches(&rows).unwrap().to_string();
        insta::assert_snapshot!(shown, @"
        +------------------------------+----------------------+----------------------+----------------------+--------------+
        | reason                       | fetched_at           | window_from          | window_to            | file         |
        +------------------------------+----------------------+----------------------+----------------------+--------------+
        | the record has no start_time | 2026-11-05T00:00:00Z | 2026-11-01T00:00:00Z | 2026-11-03T00:00:00Z |              |
        | the record has no start_time | 2026-11-06T00:00:00Z |                      |                      | calls.ndjson |
        +------------------------------+----------------------+----------------------+----------------------+--------------+
        ");
        let count = async |from, to| session.rejects(TimeRange { from: at(from), to: at(to) }).await.unwrap();
        assert_eq!([count(2, 9).await, count(3, 9).await], [1, 0]);
    }
}
