//! Filters that hold for all or for no calls of each day file.
//!
//! A period that starts and ends at UTC midnight selects whole files. DataFusion would still
//! compare the `start_time` of each call, and decode the column only for that.
//!
//! ```text
//! TableScan: voice_calls, full_filters=[start_time >= 2026-11-01T00:00:00Z]
//! ```
//!
//! The file name decides the day of a call. A call in the wrong day file counts for that file's
//! day, as in every query that skips files. Verifying a lake finds such files.

use chrono::NaiveDate;
use datafusion::arrow::datatypes::Date32Type;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use voxlake_lake::DayFile;
use voxlake_model::schema::START_TIME;
use voxlake_model::time::DAY_MS;

use crate::names::DATE_COLUMN;

/// Returns, for each of `days`, whether all its calls pass `filter` or none.
///
/// Returns `None` if only some calls of a day pass, and for filters other than a comparison of
/// `date` or `start_time` with a constant.
pub(super) fn matching_days(filter: &Expr, days: &[DayFile]) -> Option<Vec<bool>> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return None };
    let (Expr::Column(column), Expr::Literal(value, _)) = (&**left, &**right) else { return None };
    match (column.name.as_str(), value) {
        (DATE_COLUMN, ScalarValue::Date32(Some(bound))) => {
            let of = |date| i64::from(Date32Type::from_naive_date(date));
            days.iter().map(|day| compare(of(day.date), of(day.date), *op, i64::from(*bound))).collect()
        }
        // The time zone of the constant does not affect the instant.
        (START_TIME, ScalarValue::TimestampMillisecond(Some(bound), Some(_))) => {
            days.iter().map(|day| compare(first_ms(day.date), last_ms(day.date), *op, *bound)).collect()
        }
        _ => None,
    }
}

/// Returns the first instant of a UTC day, in ms.
fn first_ms(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()
}

fn last_ms(date: NaiveDate) -> i64 {
    first_ms(date) + DAY_MS - 1
}

/// Returns true if `value op bound` holds for all values from `least` to `greatest`, and false if
/// it holds for none. Returns `None` if it may hold for some.
fn compare(least: i64, greatest: i64, op: Operator, bound: i64) -> Option<bool> {
    let passes = |value: i64| match op {
        Operator::Lt => Some(value < bound),
        Operator::LtEq => Some(value <= bound),
        Operator::Gt => Some(value > bound),
        Operator::GtEq => Some(value >= bound),
        // A value equal to `bound` may lie between two that are not.
        Operator::Eq | Operator::NotEq if least == greatest => Some((value == bound) == (op == Operator::Eq)),
        _ => None,
    };
    passes(least).filter(|least| passes(greatest) == Some(*least))
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use datafusion::logical_expr::{col, lit};
    use object_store::ObjectMeta;
    use proptest::prelude::*;

    use super::*;

    fn days() -> Vec<DayFile> {
        let first = NaiveDate::from_ymd_opt(2026, 10, 30).unwrap();
        let meta = ObjectMeta {
            location: "day".into(),
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: 1,
            e_tag: None,
            version: None,
        };
        (0..4).map(|day| DayFile { date: first + Days::new(day), meta: meta.clone() }).collect()
    }

    fn instant(ms: i64) -> Expr {
        lit(ScalarValue::TimestampMillisecond(Some(ms), Some("UTC".into())))
    }

    const OPERATORS: [Operator; 7] = [
        Operator::Lt,
        Operator::LtEq,
        Operator::Gt,
        Operator::GtEq,
        Operator::Eq,
        Operator::NotEq,
        Operator::IsDistinctFrom,
    ];

    fn compared(column: &str, op: Operator, bound: Expr) -> Expr {
        Expr::BinaryExpr(BinaryExpr::new(Box::new(col(column)), op, Box::new(bound)))
    }

    #[test]
    fn whole_days_select_whole_files() {
        let first = first_ms(days()[1].date);
        let matching = |op, ms| matching_days(&compared(START_TIME, op, instant(ms)), &days());
        assert_eq!(matching(Operator::GtEq, first), Some(vec![false, true, true, true]));
        assert_eq!(matching(Operator::Gt, first - 1), Some(vec![false, true, true, true]));
        assert_eq!(matching(Operator::Lt, first), Some(vec![true, false, false, false]));
        assert_eq!(matching(Operator::GtEq, first + 1), None, "the first instant of a day does not pass");
        assert_eq!(matching(Operator::LtEq, first), None, "only the first instant of a day passes");
        assert_eq!(matching(Operator::Eq, first), None);
        assert_eq!(matching(Operator::Lt, 0), Some(vec![false; 4]));
        let date = ScalarValue::Date32(Some(Date32Type::from_naive_date(days()[2].date)));
        let matching = |op| matching_days(&compared(DATE_COLUMN, op, lit(date.clone())), &days());
        assert_eq!(matching(Operator::Eq), Some(vec![false, false, true, false]));
        assert_eq!(matching(Operator::NotEq), Some(vec![true, true, false, true]));
        assert_eq!(matching(Operator::LtEq), Some(vec![true, true, true, false]));
        assert_eq!(matching(Operator::IsDistinctFrom), None);
        assert_eq!(matching_days(&compared("end_time", Operator::Lt, instant(first)), &days()), None);
        assert_eq!(matching_days(&col(START_TIME).is_not_null(), &days()), None);
    }

    proptest! {
        #[test]
        fn matching_days_hold_for_each_instant(
            op in prop::sample::select(&OPERATORS[..]), hours in -30_i64..130, beside in -1_i64..=1,
            within in prop::collection::vec(0..DAY_MS, 8),
        ) {
            let bound = first_ms(days()[0].date) + hours * 3_600_000 + beside;
            let Some(matching) = matching_days(&compared(START_TIME, op, instant(bound)), &days()) else { return Ok(()) };
            for (day, matches) in days().iter().zip(matching) {
                for within in within.iter().copied().chain([0, DAY_MS - 1]) {
                    let at = first_ms(day.date) + within;
                    let passes = match op {
                        Operator::Lt => at < bound,
                        Operator::LtEq => at <= bound,
                        Operator::Gt => at > bound,
                        Operator::GtEq => at >= bound,
                        Operator::Eq => at == bound,
                        _ => at != bound,
                    };
                    prop_assert_eq!(passes, matches);
                }
            }
        }
    }
}
