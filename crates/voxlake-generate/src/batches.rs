//! Simulated calls as record batches in the schema of the lake.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, TimestampMillisecondArray, new_null_array};
use arrow::datatypes::Field;
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, Utc};
use voxlake_lake::TimeRange;
use voxlake_model::schema::{self, EXTRA, FETCHED_AT};
use voxlake_sim::Dataset;

/// Returns the calls of a UTC day in order, as if fetched at `fetched_at`.
pub(crate) fn day_batches(
    dataset: &Dataset,
    date: NaiveDate,
    fetched_at: DateTime<Utc>,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
    let TimeRange { from, to } = TimeRange::of_day(date);
    between(dataset, from, to, fetched_at)
}

fn between(
    dataset: &Dataset,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    fetched_at: DateTime<Utc>,
) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
    dataset
        .batches(from, to, schema::voice_calls(), move |field, length| lake_column(field, length, fetched_at))
}

/// Returns a column that the lake adds to the fields of the API.
fn lake_column(field: &Field, length: usize, fetched_at: DateTime<Utc>) -> Option<ArrayRef> {
    match field.name().as_str() {
        EXTRA => Some(new_null_array(field.data_type(), length)),
        FETCHED_AT => {
            let values = vec![fetched_at.timestamp_millis(); length];
            Some(Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Offset as _, TimeDelta};
    use proptest::prelude::*;
    use voxlake_model::decode_records;
    use voxlake_sim::{CALLS_PER_BATCH, Call, Centre, CentreConfig, ColumnSet, View};

    use super::*;

    fn fetched_at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn configured(config: CentreConfig, view: View, columns: ColumnSet) -> Dataset {
        Dataset::new(Arc::new(Centre::new(config).unwrap())).with_view(view).with_columns(columns)
    }

    /// Decodes the API's JSON of the calls.
    fn decoded(calls: &[Call], view: View) -> RecordBatch {
        let records: Vec<String> =
            calls.iter().map(|call| call.to_json(view, Utc.fix()).to_string()).collect();
        let (batch, rejects) = decode_records(records.iter().map(String::as_str), fetched_at()).unwrap();
        assert!(rejects.is_empty());
        batch
    }

    /// Generates the calls of a period as one batch.
    fn generated(dataset: &Dataset, from: DateTime<Utc>, to: DateTime<Utc>) -> RecordBatch {
        let batches: Vec<_> = between(dataset, from, to, fetched_at()).map(Result::unwrap).collect();
        assert!(batches.iter().all(|batch| (1..=CALLS_PER_BATCH).contains(&batch.num_rows())));
        arrow::compute::concat_batches(&schema::voice_calls(), &batches).unwrap()
    }

    fn assert_same(found: &RecordBatch, expected: &RecordBatch) {
        assert_eq!(found.schema(), expected.schema());
        for (field, (found, expected)) in
            found.schema().fields().iter().zip(found.columns().iter().zip(expected.columns()))
        {
            assert!(found == expected, "{}: {found:?} instead of {expected:?}", field.name());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn columns_equal_the_decoded_json(
            seed in any::<u64>(),
            minute in 0_i64..600 * 1440,
            queues in 1_u32..60,
            agents in 1_u32..900,
            view in prop_oneof![Just(View::Detail), Just(View::Summary)],
        ) {
            let config = CentreConfig::default().with_seed(seed).with_queues(queues).with_agents(agents).with_calls_per_day(15_000.0);
            let dataset = configured(config, view, ColumnSet::All);
            let from = DateTime::from_timestamp(1_750_000_000, 0).unwrap() + TimeDelta::minutes(minute);
            let to = from + TimeDelta::minutes(10);
            let calls: Vec<Call> = dataset.centre().calls(from, to).collect();
            assert_same(&generated(&dataset, from, to), &decoded(&calls, view));
        }
    }

    #[test]
    fn a_day_has_its_calls_in_order() {
        for calls_per_day in [0.0, 50.0, 2500.0] {
            let config = CentreConfig::default().with_calls_per_day(calls_per_day);
            let dataset = configured(config, View::Detail, ColumnSet::All);
            let TimeRange { from, to } = TimeRange::of_day(NaiveDate::from_ymd_opt(2026, 10, 5).unwrap());
            let calls: Vec<Call> = dataset.centre().calls(from, to).collect();
            assert_same(&generated(&dataset, from, to), &decoded(&calls, View::Detail));
        }
    }

    #[test]
    fn few_columns_are_filled_the_others_null() {
        let config = CentreConfig::default().with_calls_per_day(2000.0);
        let dataset = configured(config, View::Detail, ColumnSet::Few);
        let from = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
        let to = from + TimeDelta::hours(1);
        let calls: Vec<Call> = dataset.centre().calls(from, to).collect();
        let (few, all) = (generated(&dataset, from, to), decoded(&calls, View::Detail));
        let mut filled = 0;
        for (field, (few, all)) in few.schema().fields().iter().zip(few.columns().iter().zip(all.columns())) {
            if field.name() == FETCHED_AT || ColumnSet::Few.contains(field.name()) {
                assert!(few == all, "{}", field.name());
                filled += 1;
            } else {
                assert_eq!(few.null_count(), calls.len(), "{}", field.name());
            }
        }
        assert_eq!(filled, 10);
    }
}
