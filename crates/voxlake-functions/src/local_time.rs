//! `local_time(instant, zone)`: an instant in the local time of an IANA time zone.
//!
//! Reports count by local day and hour. The rules of the zone are applied to each instant: a fixed
//! offset would put an hour of calls into the wrong hour on days with a clock change.

use std::sync::Arc;

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray, PrimitiveArray, StringArray};
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMillisecondType};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use voxlake_model::schema::timestamp_type;

use super::zoned_intervals::{OffsetCache, ZonedIntervals};
use crate::arguments::coerce_arguments;

type Instants = PrimitiveArray<TimestampMillisecondType>;

/// `local_time(timestamp, text) -> timestamp(ms)` without a zone; null if an argument is null.
///
/// An instant without a zone is in UTC. Instants in an hour that is repeated by a clock change have
/// the same local times. A zone that is not in the IANA database is an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalTime {
    signature: Signature,
}

impl Default for LocalTime {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LocalTime {
    fn name(&self) -> &'static str {
        "local_time"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Timestamp(TimeUnit::Millisecond, None))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_instant(self.name(), given, &[DataType::Utf8])
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [instants, zones] = args.args.as_slice() else {
            return exec_err!("local_time takes 2 arguments");
        };
        let instants = instants.to_array(rows)?;
        let instants: &Instants = instants.as_primitive();
        let local: ArrayRef = match zones {
            ColumnarValue::Scalar(zone) => match zone.try_as_str().flatten() {
                Some(zone) => Arc::new(in_zone(instants, time_zone(zone)?)),
                None => Arc::new(Instants::new_null(instants.len())),
            },
            ColumnarValue::Array(zones) => Arc::new(in_zones(instants, zones.as_string())?),
        };
        Ok(ColumnarValue::Array(local))
    }
}

/// Coerces argument types: an instant, then the types `further`.
pub(super) fn coerce_instant(
    function: &str,
    given: &[DataType],
    further: &[DataType],
) -> Result<Vec<DataType>> {
    if let Some(instant) = given.first()
        && !matches!(instant, DataType::Timestamp(..) | DataType::Date32 | DataType::Null)
    {
        return plan_err!("{function} takes a timestamp first, not {instant}");
    }
    let wanted: Vec<DataType> = std::iter::once(timestamp_type()).chain(further.iter().cloned()).collect();
    coerce_arguments(function, given, &wanted)
}

/// Parses the name of an IANA time zone.
///
/// # Errors
/// If the IANA database has no zone of this name.
pub fn time_zone(name: &str) -> Result<Tz> {
    match name.parse() {
        Ok(zone) => Ok(zone),
        Err(_) => {
            exec_err!(
                "{name:?} is not a time zone of the IANA database, such as \"Europe/Berlin\" or \"UTC\""
            )
        }
    }
}

fn in_zone(instants: &Instants, zone: Tz) -> Instants {
    let mut days = OffsetCache::new(ZonedIntervals::days(zone));
    if instants.null_count() > 0 {
        let local =
            |instant: Option<i64>| instant?.checked_add(days.get_or_derive(instant?, |day| *day).offset);
        return instants.iter().map(local).collect();
    }
    let mut local = Vec::with_capacity(instants.len());
    let mut rest = instants.values().as_ref();
    // Calls are sorted by start: consecutive ones often share an offset.
    while let Some(first) = rest.first() {
        let day = *days.get_or_derive(*first, |day| *day);
        let (same, others) = rest.split_at(day.leading_count(rest).max(1));
        // The offset is 0 for years that `chrono` does not support, so this does not overflow.
        local.extend(same.iter().map(|instant| instant.wrapping_add(day.offset)));
        rest = others;
    }
    Instants::new(local.into(), None)
}

fn in_zones(instants: &Instants, zones: &StringArray) -> Result<Instants> {
    instants
        .iter()
        .zip(zones)
        .map(|pair| match pair {
            (Some(instant), Some(zone)) => Ok(local_millis(instant, time_zone(zone)?)),
            _ => Ok(None),
        })
        .collect()
}

/// Returns the local time of `instant` (ms since 1970, UTC), encoded as if it were UTC.
fn local_millis(instant: i64, zone: Tz) -> Option<i64> {
    let utc = DateTime::from_timestamp_millis(instant)?.naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
    instant.checked_add(i64::from(offset) * 1000)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;
    use voxlake_query::test_lake::rows;

    async fn local(sql: &str) -> Vec<String> {
        let ctx = SessionContext::new();
        ctx.register_udf(LocalTime::default().into());
        rows(&ctx.sql(sql).await.unwrap().collect().await.unwrap())
    }

    #[tokio::test]
    async fn clock_changes_are_exact_to_the_second() {
        let sql = "SELECT local_time(column1, 'Europe/Berlin') FROM (VALUES
            (TIMESTAMP '2026-03-29 00:59:59'), (TIMESTAMP '2026-03-29 01:00:00'),
            (TIMESTAMP '2026-10-25 00:59:59'), (TIMESTAMP '2026-10-25 01:00:00'), (NULL))";
        assert_eq!(
            local(sql).await,
            [
                "2026-03-29T01:59:59",
                "2026-03-29T03:00:00",
                "2026-10-25T02:59:59",
                "2026-10-25T02:00:00",
                "NULL",
            ]
        );
    }

    #[tokio::test]
    async fn quarter_hour_offsets_are_exact() {
        let sql = "SELECT local_time(column1, column2) FROM (VALUES
            (TIMESTAMP '2026-07-01 00:00:00', 'Asia/Kathmandu'),
            (TIMESTAMP '2026-04-04 14:59:59', 'Australia/Lord_Howe'),
            (TIMESTAMP '2026-04-04 15:00:00', 'Australia/Lord_Howe'),
            (TIMESTAMP '1972-01-07 00:44:29', 'Africa/Monrovia'),
            (TIMESTAMP '1972-01-07 00:44:30', 'Africa/Monrovia'),
            (TIMESTAMP '2026-07-01 00:00:00', NULL))";
        assert_eq!(
            local(sql).await,
            [
                "2026-07-01T05:45:00",
                "2026-04-05T01:59:59",
                "2026-04-05T01:30:00",
                "1972-01-06T23:59:59",
                "1972-01-07T00:44:30",
                "NULL",
            ]
        );
    }

    #[tokio::test]
    async fn an_unknown_zone_is_named() {
        let ctx = SessionContext::new();
        ctx.register_udf(LocalTime::default().into());
        let frame = ctx.sql("SELECT local_time(now(), 'Mars/Olympus')").await.unwrap();
        let error = frame.collect().await.unwrap_err().to_string();
        assert!(error.contains("\"Mars/Olympus\" is not a time zone"), "{error}");
    }

    #[tokio::test]
    async fn other_types_are_refused_during_planning() {
        let ctx = SessionContext::new();
        ctx.register_udf(LocalTime::default().into());
        let error = ctx.sql("SELECT local_time(7, 'UTC')").await.unwrap_err().to_string();
        assert!(error.contains("takes a timestamp first, not Int64"), "{error}");
    }
}
