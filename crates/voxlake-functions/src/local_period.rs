//! `local_period(instant, per, zone)`: the name of the local hour, day, week or month that contains
//! an instant.
//!
//! Most reports group by one of these. Formatting the local time of each call would dominate their
//! run time, so each name is formatted once per hour or day.

use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::arrow::array::{ArrayRef, AsArray, StringBuilder, new_null_array};
use datafusion::arrow::datatypes::{DataType, TimestampMillisecondType};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::local_time::{coerce_instant, time_zone};
use super::zoned_intervals::{OffsetCache, ZonedIntervals};

/// `local_period(timestamp, text, text) -> text`; null if an argument is null.
///
/// | per | text |
/// | --- | --- |
/// | hour | the hour of day as 00 to 23 |
/// | weekday | the weekday as '1 Monday' |
/// | day | the day as YYYY-MM-DD |
/// | week | the ISO week as YYYY-Www |
/// | month | the month as YYYY-MM |
/// | all | 'all' |
///
/// `per` and the zone are constants. Any other value of `per` is an error.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LocalPeriod {
    signature: Signature,
}

impl Default for LocalPeriod {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LocalPeriod {
    fn name(&self) -> &'static str {
        "local_period"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_instant(self.name(), given, &[DataType::Utf8, DataType::Utf8])
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [instants, ColumnarValue::Scalar(per), ColumnarValue::Scalar(zone)] = args.args.as_slice() else {
            return not_impl_err!("local_period takes one period and one time zone for all rows");
        };
        let instants = instants.to_array(args.number_rows)?;
        let (Some(per), Some(zone)) = (per.try_as_str().flatten(), zone.try_as_str().flatten()) else {
            return Ok(ColumnarValue::Array(new_null_array(&DataType::Utf8, instants.len())));
        };
        let zone = time_zone(zone)?;
        let Some((intervals, format)) = period_format(per, zone) else {
            return exec_err!("local_period takes hour, weekday, day, week, month or all, not {per:?}");
        };
        let mut names = OffsetCache::new(intervals);
        let mut texts = StringBuilder::with_capacity(instants.len(), instants.len() * "YYYY-MM-DD".len());
        for instant in instants.as_primitive::<TimestampMillisecondType>() {
            let name = instant.and_then(|instant| {
                names
                    .get_or_derive(instant, |span| Some(span.local_start()?.format(format).to_string()))
                    .as_ref()
            });
            texts.append_option(name);
        }
        let texts: ArrayRef = Arc::new(texts.finish());
        // Constant arguments yield a constant, so that plans can be simplified.
        Ok(match &args.args[0] {
            ColumnarValue::Scalar(_) => ColumnarValue::Scalar(ScalarValue::try_from_array(&texts, 0)?),
            ColumnarValue::Array(_) => ColumnarValue::Array(texts),
        })
    }
}

/// Returns the intervals that have one name each, and the format of the name; `None` for an unknown
/// `per`.
pub(super) fn period_format(per: &str, zone: Tz) -> Option<(ZonedIntervals, &'static str)> {
    Some(match per {
        "hour" => (ZonedIntervals::hours(zone), "%H"),
        "weekday" => (ZonedIntervals::days(zone), "%u %A"),
        "day" => (ZonedIntervals::days(zone), "%Y-%m-%d"),
        "week" => (ZonedIntervals::days(zone), "%G-W%V"),
        "month" => (ZonedIntervals::days(zone), "%Y-%m"),
        "all" => (ZonedIntervals::days(zone), "all"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::super::local_time::LocalTime;
    use super::*;
    use voxlake_query::test_lake::rows;

    async fn answer(sql: &str) -> Result<Vec<String>> {
        let ctx = SessionContext::new();
        ctx.register_udf(LocalPeriod::default().into());
        ctx.register_udf(LocalTime::default().into());
        Ok(rows(&ctx.sql(sql).await?.collect().await?))
    }

    /// Instants around clock changes, midnights and turns of the year, unsorted.
    const INSTANTS: &str = "(VALUES
        (TIMESTAMP '2026-03-29 00:59:59.999'), (TIMESTAMP '2026-10-25 01:30:00'), (TIMESTAMP '2026-03-29 01:00:00'),
        (TIMESTAMP '2026-12-31 22:59:59'), (TIMESTAMP '2026-12-31 23:00:00'), (TIMESTAMP '2026-10-25 00:30:00'),
        (TIMESTAMP '2027-01-01 00:00:00'), (TIMESTAMP '2026-03-29 00:00:00'), (NULL),
        (TIMESTAMP '2026-04-04 14:59:59'), (TIMESTAMP '2026-04-04 15:00:00'), (TIMESTAMP '1969-12-31 23:59:59.999')
    ) AS t (at)";

    #[tokio::test]
    async fn names_equal_formatted_local_times() {
        let formats = [
            ("hour", "%H"),
            ("weekday", "%u %A"),
            ("day", "%Y-%m-%d"),
            ("week", "%G-W%V"),
            ("month", "%Y-%m"),
            ("all", "all"),
        ];
        for zone in ["Europe/Berlin", "UTC", "Australia/Lord_Howe"] {
            for (per, format) in formats {
                let sql = format!(
                    "SELECT local_period(at, '{per}', '{zone}'), to_char(local_time(at, '{zone}'), '{format}')
                     FROM {INSTANTS}"
                );
                for row in answer(&sql).await.unwrap() {
                    let (actual, expected) = row.split_once(" | ").unwrap();
                    assert_eq!(actual, expected, "{per} {zone}");
                }
            }
        }
    }

    #[tokio::test]
    async fn constants_stay_constant_and_nulls_null() {
        assert_eq!(
            answer("SELECT local_period(TIMESTAMP '2026-11-01T23:30:00Z', 'day', 'Europe/Berlin'), local_period(NULL, 'day', 'UTC'), local_period(now(), NULL, 'UTC')")
                .await
                .unwrap(),
            ["2026-11-02 | NULL | NULL"]
        );
    }

    #[tokio::test]
    async fn an_unknown_period_or_zone_is_named() {
        let error = async |sql| answer(sql).await.unwrap_err().to_string();
        assert!(error("SELECT local_period(now(), 'year', 'UTC')").await.contains("not \"year\""));
        assert!(
            error("SELECT local_period(now(), 'day', 'Mars')").await.contains("\"Mars\" is not a time zone")
        );
        assert!(error("SELECT local_period(7, 'day', 'UTC')").await.contains("takes a timestamp"));
    }
}
