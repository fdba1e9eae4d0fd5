//! Dates without quotes: SQL reads `date >= 2026-11-28` as `date >= 1987`.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, ValueWithSpan, visit_expressions};

/// Returns a notice for each date without quotes that `statement` compares with something.
pub(crate) fn notices(statement: &Statement) -> Vec<String> {
    let mut notices = Vec::new();
    let Statement::Statement(statement) = statement else { return notices };
    let _ = visit_expressions(statement.as_ref(), |expr| {
        for (date, number) in compared_values(expr).into_iter().filter_map(unquoted_date) {
            let notice = format!("{date} without quotes is the number {number}: write '{date}' for the date");
            if !notices.contains(&notice) {
                notices.push(notice);
            }
        }
        ControlFlow::<()>::Continue(())
    });
    notices
}

/// Returns the values that a comparison compares; none for other expressions.
fn compared_values(expr: &Expr) -> Vec<&Expr> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    match expr {
        Expr::BinaryOp { left, op: Eq | NotEq | Lt | LtEq | Gt | GtEq, right } => vec![left, right],
        Expr::Between { low, high, .. } => vec![low, high],
        Expr::InList { list, .. } => list.iter().collect(),
        _ => Vec::new(),
    }
}

/// Returns the date and the number that `2026-11-28` is without quotes.
fn unquoted_date(expr: &Expr) -> Option<(String, i64)> {
    let (rest, day) = difference(expr)?;
    let (year, month) = difference(rest)?;
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    let [y, m, d]: [i64; 3] = [year.parse().ok()?, month.parse().ok()?, day.parse().ok()?];
    let is_date = (1900..2200).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d);
    is_date.then(|| (format!("{y}-{m:02}-{d:02}"), y - m - d))
}

fn difference(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::Minus, right } => Some((left, right)),
        _ => None,
    }
}

fn digits(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(digits, _), .. }) => Some(digits),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn unquoted_dates_are_noticed() {
        let lake = TestLake::with_calls([call("a", "2026-11-02T08:00:00Z", json!({}))]);
        let session = lake.session().await;
        let notices = async |sql: &str| session.sql(sql).await.unwrap().notices().to_vec();
        let expected = ["2026-11-28 without quotes is the number 1987: write '2026-11-28' for the date"];
        for filter in [
            "date >= 2026-11-28",
            "2026-11-28 > date",
            "date BETWEEN 2026-11-28 AND DATE '2026-11-30'",
            "date IN (2026-11-28)",
            "date >= 2026-11-28 OR date = 2026-11-28",
            "date IN (SELECT date FROM calls WHERE date >= 2026-11-28)",
        ] {
            assert_eq!(
                notices(&format!("SELECT count(*) FROM calls WHERE {filter}")).await,
                expected,
                "{filter}"
            );
        }
        for sql in [
            "SELECT count(*) FROM calls WHERE date >= '2026-11-28'",
            "SELECT count(*) FROM calls WHERE total_duration >= 2026 - 11",
            "SELECT count(*) FROM calls WHERE total_duration >= 9000-11-28",
            "SELECT 2026-11-28",
        ] {
            assert_eq!(notices(sql).await, [""; 0], "{sql}");
        }
    }
}
