//! A day's simulated calls as record batches.

use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::TimeRange;
use voxlake_model::schema::{self, EXTRA, FETCHED_AT, VOICE_CALL_DETAILS};
use voxlake_sim::{Call, Centre};

use super::arrays::{columns, instants};
use super::columns::call_column;
use crate::args::{ColumnsName, ViewName};

/// Calls that are made and written together. Measured from 256 to 4096: smaller ones cost the encoder up to a tenth
/// more, larger ones only memory.
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
    /// What of the calls is left out, as the lake's origin says it.
    pub(super) fn less(&self) -> Option<&'static str> {
        match (self.view, self.columns) {
            (_, ColumnsName::Few) => Some("few columns"),
            (ViewName::Summary, ColumnsName::All) => Some("without legs"),
            (ViewName::Detail, ColumnsName::All) => None,
        }
    }

    /// The calls of a UTC day in the day's order, in the lake's schema, as if fetched at a moment.
    pub(super) fn of_day(
        &self,
        date: NaiveDate,
        fetched_at: DateTime<Utc>,
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let TimeRange { from, to } = TimeRange::of_day(date);
        let mut calls = self.centre.calls(from, to);
        std::iter::from_fn(move || {
            let piece: Vec<Call> = calls.by_ref().take(PIECE).collect();
            (!piece.is_empty()).then(|| self.batch(&piece, fetched_at))
        })
    }

    fn batch(&self, calls: &[Call], fetched_at: DateTime<Utc>) -> Result<RecordBatch, ArrowError> {
        let schema = schema::voice_calls();
        let column = |name: &str, data_type: &DataType| match name {
            name if name == EXTRA || self.leaves_out(name) => Ok(new_null_array(data_type, calls.len())),
            FETCHED_AT => Ok(instants(std::iter::repeat_n(fetched_at, calls.len()))),
            _ => call_column(calls, name, data_type),
        };
        RecordBatch::try_new(Arc::clone(&schema), columns(schema.fields(), column)?)
    }

    fn leaves_out(&self, name: &str) -> bool {
        (self.columns == ColumnsName::Few && !FEW.contains(&name))
            || (self.view == ViewName::Summary && name == VOICE_CALL_DETAILS)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Offset as _, TimeDelta};
    use proptest::prelude::*;
    use voxlake_model::decode_records;
    use voxlake_sim::{CentreConfig, View};

    use super::*;

    fn fetched_at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn batches(config: CentreConfig, view: ViewName, columns: ColumnsName) -> Batches {
        Batches { centre: Arc::new(Centre::new(config).unwrap()), view, columns }
    }

    /// What the API's JSON of the calls decodes to.
    fn decoded(calls: &[Call], view: View) -> RecordBatch {
        let records: Vec<String> =
            calls.iter().map(|call| call.to_json(view, Utc.fix()).to_string()).collect();
        let (batch, rejects) = decode_records(records.iter().map(String::as_str), fetched_at()).unwrap();
        assert!(rejects.is_empty());
        batch
    }

    fn assert_same(found: &RecordBatch, expected: &RecordBatch) {
        assert_eq!(found.schema(), expected.schema());
        for (field, (found, expected)) in
            found.schema().fields().iter().zip(found.columns().iter().zip(expected.columns()))
        {
            assert!(found == expected, "{}: {found:?} where {expected:?}", field.name());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn columns_say_what_the_json_of_the_calls_decodes_to(
            seed in any::<u64>(),
            minute in 0_i64..600 * 1440,
            queues in 1_u32..60,
            agents in 1_u32..900,
            view in prop_oneof![Just(ViewName::Detail), Just(ViewName::Summary)],
        ) {
            let config = CentreConfig { seed, queues, agents, calls_per_day: 15_000.0, ..CentreConfig::default() };
            let batches = batches(config, view, ColumnsName::All);
            let from = DateTime::from_timestamp(1_750_000_000, 0).unwrap() + TimeDelta::minutes(minute);
            let calls: Vec<Call> = batches.centre.calls(from, from + TimeDelta::minutes(10)).collect();
            let told = match view {
                ViewName::Detail => View::Detail,
                ViewName::Summary => View::Summary,
            };
            assert_same(&batches.batch(&calls, fetched_at()).unwrap(), &decoded(&calls, told));
        }
    }

    #[test]
    fn a_day_has_all_its_calls_in_order_whatever_its_size() {
        for calls_per_day in [0.0, 50.0, 2500.0] {
            let config = CentreConfig { calls_per_day, ..CentreConfig::default() };
            let batches = batches(config, ViewName::Detail, ColumnsName::All);
            let date = NaiveDate::from_ymd_opt(2026, 10, 5).unwrap();
            let TimeRange { from, to } = TimeRange::of_day(date);
            let calls: Vec<Call> = batches.centre.calls(from, to).collect();
            let made: Vec<RecordBatch> = batches.of_day(date, fetched_at()).map(Result::unwrap).collect();
            assert!(made.iter().all(|batch| (1..=PIECE).contains(&batch.num_rows())));
            let made = arrow::compute::concat_batches(&schema::voice_calls(), &made).unwrap();
            assert_same(&made, &decoded(&calls, View::Detail));
        }
    }

    #[test]
    fn few_columns_are_as_they_would_be_and_the_others_null() {
        let config = CentreConfig { calls_per_day: 2000.0, ..CentreConfig::default() };
        let batches = batches(config, ViewName::Detail, ColumnsName::Few);
        let from = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let calls: Vec<Call> = batches.centre.calls(from, from + TimeDelta::hours(1)).collect();
        let (few, all) = (batches.batch(&calls, fetched_at()).unwrap(), decoded(&calls, View::Detail));
        for (field, (few, all)) in few.schema().fields().iter().zip(few.columns().iter().zip(all.columns())) {
            if FEW.contains(&field.name().as_str()) {
                assert!(few == all, "{}", field.name());
            } else {
                assert_eq!(few.null_count(), calls.len(), "{}", field.name());
            }
        }
        assert!(FEW.iter().all(|name| few.schema().column_with_name(name).is_some()));
    }
}
