//! A trap of the engine: a difference of times compared with an interval, which it (55) does field by field, so
//! that `b - a <= INTERVAL '7 days'` holds for any two times.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::logical_expr::{Between, BinaryExpr, Expr, ExprSchemable as _, LogicalPlan, Operator};

/// What is said of such a comparison.
const WARNING: &str = "a difference of times is compared with an INTERVAL here, which the engine does wrongly: \
    instead of b - a <= INTERVAL '7 days' write b <= a + INTERVAL '7 days'";

/// What should be said beside the answer that `plan` makes.
pub(crate) fn warnings(plan: &LogicalPlan) -> Vec<String> {
    let mut found = false;
    // The visits never fail: their closures do not.
    let _ = plan.apply_with_subqueries(|node| {
        let mut schema = DFSchema::empty();
        for input in node.inputs() {
            schema.merge(input.schema());
        }
        let _ = node.apply_expressions(|expr| {
            expr.apply(|expr| {
                found |= compares_wrongly(expr, &schema);
                Ok(TreeNodeRecursion::Continue)
            })
        });
        Ok(TreeNodeRecursion::Continue)
    });
    if found { vec![WARNING.to_owned()] } else { Vec::new() }
}

fn compares_wrongly(expr: &Expr, schema: &DFSchema) -> bool {
    let wrong = |a: &Expr, b: &Expr| {
        let types = (a.get_type(schema), b.get_type(schema));
        matches!(
            types,
            (Ok(DataType::Duration(_)), Ok(DataType::Interval(_)))
                | (Ok(DataType::Interval(_)), Ok(DataType::Duration(_)))
        )
    };
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let compares = matches!(
                op,
                Operator::Lt
                    | Operator::LtEq
                    | Operator::Gt
                    | Operator::GtEq
                    | Operator::Eq
                    | Operator::NotEq
            );
            compares && wrong(left, right)
        }
        Expr::Between(Between { expr, low, high, .. }) => wrong(expr, low) || wrong(expr, high),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::test_lake::TestLake;

    #[tokio::test]
    async fn a_difference_of_times_beside_an_interval_is_warned_of() {
        let session = TestLake::empty().session().await;
        let warned = async |sql: &str| !session.sql(sql).await.unwrap().warnings().is_empty();
        for wrong in [
            "SELECT count(*) FROM voice_calls WHERE end_time - start_time <= INTERVAL '1 hour'",
            "SELECT count(*) FROM voice_calls WHERE INTERVAL '1 hour' < (end_time - start_time)",
            "SELECT (end_time - start_time) BETWEEN INTERVAL '1 hour' AND INTERVAL '2 hours' FROM voice_calls",
            "SELECT * FROM (SELECT end_time - start_time AS d FROM voice_calls) WHERE d > INTERVAL '1 hour'",
            "SELECT a.date FROM voice_calls a JOIN voice_calls b ON b.start_time - a.start_time < INTERVAL '7 days'",
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM voice_calls WHERE end_time - start_time > INTERVAL '1 day')",
        ] {
            assert!(warned(wrong).await, "{wrong}");
        }
        for right in [
            "SELECT count(*) FROM voice_calls WHERE end_time <= start_time + INTERVAL '1 hour'",
            "SELECT end_time - start_time FROM voice_calls",
            "SELECT 1 WHERE INTERVAL '1 hour' < INTERVAL '2 hours'",
        ] {
            assert!(!warned(right).await, "{right}");
        }
    }
}
