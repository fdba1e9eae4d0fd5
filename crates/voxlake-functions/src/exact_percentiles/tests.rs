use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::*;
use voxlake_query::test_lake::rows;

/// Two partitions, so that states pass from the partial to the final aggregation.
fn context() -> SessionContext {
    let ctx = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    ctx.register_udaf(ExactPercentiles::of_values().into());
    ctx.register_udaf(ExactPercentiles::of_counts().into());
    ctx.register_udaf(ExactPercentiles::decimals_of_counts().into());
    ctx
}

async fn answer(sql: &str) -> Vec<String> {
    rows(&context().sql(sql).await.unwrap().collect().await.unwrap())
}

async fn error(sql: &str) -> String {
    match context().sql(sql).await {
        Ok(frame) => frame.collect().await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn percentiles_interpolate_exactly() {
    let sql =
        "SELECT exact_percentiles(column1, [0, 0.25, 0.5, 0.95, 1]) FROM (VALUES (60), (10), (NULL), (30))";
    assert_eq!(answer(sql).await, ["[10.0, 20.0, 30.0, 57.0, 60.0]"]);
}

#[tokio::test]
async fn single_values_and_no_values() {
    let sql = "SELECT exact_percentiles(column1, [0.5, 0.99])[2] FROM (VALUES (7), (NULL)) GROUP BY column1 ORDER BY column1";
    assert_eq!(answer(sql).await, ["7.0", "NULL"]);
    assert_eq!(answer("SELECT exact_percentiles(1, [0.5]) WHERE false").await, ["NULL"]);
}

#[tokio::test]
async fn floats_keep_digits_and_order() {
    let sql = "SELECT exact_percentiles(column1, [0, 0.5, 0.75, 1]) FROM (VALUES (0.5), (-2.25), (-0.125))";
    assert_eq!(answer(sql).await, ["[-2.25, -0.125, 0.1875, 0.5]"]);
}

#[tokio::test]
async fn counts_repeat_values() {
    let sql = "SELECT exact_percentiles_of_counts(value, count, [0, 0.25, 0.5, 1])
        FROM (VALUES (10, 2), (20, 0), (30, 1), (40, NULL), (NULL, 5), (10, 1), (50, 1)) AS t (value, count)";
    // Percentiles of 10, 10, 10, 30, 50.
    assert_eq!(answer(sql).await, ["[10.0, 10.0, 10.0, 50.0]"]);
    let sql = "SELECT exact_percentiles_of_counts(value, count, [0.9])
        FROM (VALUES (1, 4000000000), (2, 4000000000)) AS t (value, count)";
    assert_eq!(answer(sql).await, ["[2.0]"]);
}

#[tokio::test]
async fn decimals_are_exact_at_any_size() {
    let sql = "SELECT decimal_percentiles_of_counts(value, 1, [0.5, 0.99]) FROM (VALUES (1000000000000), (1000000000001)) AS t (value)";
    assert_eq!(answer(sql).await, ["[1000000000000.500000, 1000000000000.990000]"]);
    // Percentiles of 60, 2^62 and 2^62.
    let sql = "SELECT decimal_percentiles_of_counts(value, count, [0, 0.25, 0.5])
        FROM (VALUES (4611686018427387904, 2), (60, 1)) AS t (value, count)";
    assert_eq!(answer(sql).await, ["[60.000000, 2305843009213693982.000000, 4611686018427387904.000000]"]);
    let refused = error("SELECT decimal_percentiles_of_counts(1.5, 1, [0.5])").await;
    assert!(refused.contains("decimal_percentiles_of_counts takes an integer"), "{refused}");
}

#[tokio::test]
async fn filters_exclude_false_and_null() {
    let sql = "SELECT column1, exact_percentiles(column2, [0.5]) FILTER (WHERE column3) FROM (VALUES
        ('a', 1, true), ('a', 2, false), ('a', 3, NULL), ('b', 4, false)) GROUP BY column1 ORDER BY column1";
    assert_eq!(answer(sql).await, ["a | [1.0]", "b | NULL"]);
}

#[tokio::test]
async fn fractions_differ_for_equal_values() {
    let sql =
        "SELECT exact_percentiles(column1, [0]), exact_percentiles(column1, [1]) FROM (VALUES (1), (2))";
    assert_eq!(answer(sql).await, ["[1.0] | [2.0]"]);
}

#[tokio::test]
async fn invalid_arguments_are_refused() {
    assert!(error("SELECT exact_percentiles(1, [95])").await.contains("fractions from 0 to 1"));
    assert!(error("SELECT exact_percentiles(1, [NULL])").await.contains("fractions from 0 to 1"));
    assert!(error("SELECT exact_percentiles(DISTINCT 1, [0.5])").await.contains("DISTINCT"));
    assert!(error("SELECT exact_percentiles('a', [0.5])").await.contains("takes a number"));
    assert!(error("SELECT exact_percentiles_of_counts(1, 1.5, [0.5])").await.contains("an integer"));
    assert!(error("SELECT exact_percentiles_of_counts(1, -1, [0.5])").await.contains("-1 times"));
}

#[tokio::test]
async fn skipped_partial_aggregation_is_equivalent() {
    let ctx = context();
    // The partial aggregation is skipped from the first batch on.
    let options = [
        "SET datafusion.execution.skip_partial_aggregation_probe_rows_threshold = 1",
        "SET datafusion.execution.skip_partial_aggregation_probe_ratio_threshold = 0.1",
        "SET datafusion.execution.batch_size = 100",
    ];
    for option in options {
        ctx.sql(option).await.unwrap();
    }
    let sql = "SELECT min(p), max(p), count(*) FROM (
        SELECT exact_percentiles(value, [0.5])[1] - g AS p
        FROM (SELECT value, value % 4000 AS g FROM generate_series(0, 7999) AS t (value)) GROUP BY g)";
    assert_eq!(rows(&ctx.sql(sql).await.unwrap().collect().await.unwrap()), ["2000.0 | 2000.0 | 4000"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn values_and_counts_are_equivalent(
        values in proptest::collection::vec((0..4_i64, -9..4000_i64), 1..400)
    ) {
        let values: Vec<String> = values.iter().map(|(group, value)| format!("({group}, {value})")).collect();
        let table = format!("(VALUES {}) AS t (g, v)", values.join(", "));
        let fractions = "[0, 0.3, 0.5, 0.95, 0.999, 1]";
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let direct = format!("SELECT g, exact_percentiles(v, {fractions}) FROM {table} GROUP BY g ORDER BY g");
        let real = direct.replace("(v,", "(CAST(v AS DOUBLE),");
        let counted = format!("SELECT g, exact_percentiles_of_counts(v, n, {fractions})
            FROM (SELECT g, v, count(*) AS n FROM {table} GROUP BY g, v) GROUP BY g ORDER BY g");
        let direct = runtime.block_on(answer(&direct));
        prop_assert_eq!(&direct, &runtime.block_on(answer(&counted)));
        let real = runtime.block_on(answer(&real));
        let numbers = |rows: &[String]| -> Vec<f64> {
            let parts = rows.iter().flat_map(|row| row.split(['[', ']', ',', '|', ' ']));
            parts.filter_map(|part| part.parse().ok()).collect()
        };
        let (direct, real) = (numbers(&direct), numbers(&real));
        prop_assert_eq!(direct.len(), real.len());
        prop_assert!(direct.iter().zip(&real).all(|(a, b)| (a - b).abs() < 1e-6), "{:?} {:?}", direct, real);
    }
}
