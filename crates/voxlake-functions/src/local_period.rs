//! `local_period(instant, per, zone)`: the hour, day, week or month of the local clock that an instant
//! lies in, as reports name it.
//!
//! Most reports group by one of these. Formatting the wall clock of each call would be the most of
//! their work; here it is done once for each hour or day.

use std::sync::Arc;

use chrono_tz::Tz;
use datafusion::arrow::array::{ArrayRef, AsArray, StringBuilder, new_null_array};
use datafusion::arrow::datatypes::{DataType, TimestampMillisecondType};
use datafusion::common::{Result, ScalarValue, exec_err, not_impl_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::clock::{Clock, Stretches};
use super::local_time::{coerce_instant, time_zone};

/// `local_period(timestamp, text, text) -> text`; null where an argument is.
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
/// What to tell apart and the zone are the same for all rows; any other period is an error.
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
        let Some((clock, format)) = naming(per, zone) else {
            return exec_err!("local_period takes hour, weekday, day, week, month or all, not {per:?}");
        };
        let mut names = Stretches::new(clock);
        let mut texts = StringBuilder::with_capacity(instants.len(), instants.len() * "YYYY-MM-DD".len());
        for instant in instants.as_primitive::<TimestampMillisecondType>() {
            let name = instant.and_then(|instant| {
                names.around(instant, |stretch| Some(stretch.shows()?.format(format).to_string())).as_ref()
            });
            texts.append_option(name);
        }
        let texts: ArrayRef = Arc::new(texts.finish());
        // Of constants alone a constant is made, so that a plan can be simplified by it.
        Ok(match &args.args[0] {
            ColumnarValue::Scalar(_) => ColumnarValue::Scalar(ScalarValue::try_from_array(&texts, 0)?),
            ColumnarValue::Array(_) => ColumnarValue::Array(texts),
        })
    }
}

/// The clock whose stretches have one name each, and the format of the name; `None` where there is
/// no such `per`.
pub(super) fn naming(per: &str, zone: Tz) -> Option<(Clock, &'static str)> {
    Some(match per {
        "hour" => (Clock::hours(zone), "%H"),
        "weekday" => (Clock::days(zone), "%u %A"),
        "day" => (Clock::days(zone), "%Y-%m-%d"),
        "week" => (Clock::days(zone), "%G-W%V"),
        "month" => (Clock::days(zone), "%Y-%m"),
        "all" => (Clock::days(zone), "all"),
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

    /// Instants around changes of clocks, midnights and turns of years, in no order.
    const INSTANTS: &str = "(VALUES
        (TIMESTAMP '2026-03-29 00:59:59.999'), (TIMESTAMP '2026-10-25 01:30:00'), (TIMESTAMP '2026-03-29 01:00:00'),
        (TIMESTAMP '2026-12-31 22:59:59'), (TIMESTAMP '2026-12-31 23:00:00'), (TIMESTAMP '2026-10-25 00:30:00'),
        (TIMESTAMP '2027-01-01 00:00:00'), (TIMESTAMP '2026-03-29 00:00:00'), (NULL),
        (TIMESTAMP '2026-04-04 14:59:59'), (TIMESTAMP '2026-04-04 15:00:00'), (TIMESTAMP '1969-12-31 23:59:59.999')
    ) AS t (at)";

    #[tokio::test]
    async fn a_period_is_named_as_its_wall_clock_would_be_formatted() {
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
                    let (ours, theirs) = row.split_once(" | ").unwrap();
                    assert_eq!(ours, theirs, "{per} {zone}");
                }
            }
        }
    }

    #[tokio::test]
    async fn constants_make_a_constant_and_nulls_make_null() {
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
            error("SELECT local_period(now(), 'day', 'Mars')").await.contains("\"Mars\" is no time zone")
        );
        assert!(error("SELECT local_period(7, 'day', 'UTC')").await.contains("takes a timestamp"));
    }
}
