//! `flow_visits(flows)`: the distinct flows of a call.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::distinct::distinct;
use super::{arrays, coerce_to, list, narrow};

/// What identifies a flow, the best first.
const IDENTIFIED_BY: [&str; 2] = ["flow_id", "flow_name"];

/// `flow_visits(flows) -> list of struct`, one entry for each distinct flow in the order of first
/// appearance: `flow_id` (the first of flow_id and flow_name that is not blank), `flow_ordinal`
/// from 1, `flow_count`, and the flow's `flow_name` as first named. Never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowVisits {
    signature: Signature,
}

impl Default for FlowVisits {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FlowVisits {
    fn name(&self) -> &'static str {
        "flow_visits"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(DataType::Struct(visit_fields())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &arguments())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        narrow(Self::default(), args, &arguments(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = arrays(&args.args, &arguments(), args.number_rows)?;
        let [flows] = columns.as_slice() else {
            return exec_err!("flow_visits takes 1 argument");
        };
        Ok(ColumnarValue::Array(Arc::new(distinct(flows.as_list(), &IDENTIFIED_BY, visit_fields())?)))
    }
}

/// The type of the argument.
fn arguments() -> [DataType; 1] {
    let flow = ["flow_id", "flow_name"].map(|name| Field::new(name, DataType::Utf8, true));
    [list(DataType::Struct(flow.into_iter().collect()))]
}

fn visit_fields() -> Fields {
    [
        Field::new("flow_id", DataType::Utf8, true),
        Field::new("flow_ordinal", DataType::Int32, true),
        Field::new("flow_count", DataType::Int32, true),
        Field::new("flow_name", DataType::Utf8, true),
    ]
    .into_iter()
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn a_flow_named_twice_is_one_visit_and_one_without_a_name_is_none() {
        let lake = TestLake::of([
            call(
                "a",
                "2026-11-01T08:00:00Z",
                json!({"flows": [
                    {"flow_id": "f1", "flow_name": "Welcome"},
                    {"flow_name": "Opening hours"},
                    {"flow_id": "f1", "flow_name": "Welcome, renamed"},
                    {"flow_id": " ", "flow_name": ""},
                ], "result": "contained"}),
            ),
            call("b", "2026-11-01T09:00:00Z", json!({"flows": []})),
            call("c", "2026-11-01T10:00:00Z", json!({})),
            call("d", "2026-11-01T11:00:00Z", json!({"flows": [{"flow_id": "f1"}], "result": null})),
        ]);
        let sql =
            "SELECT engagement_id, flow_id, flow_name, flow_ordinal, flow_count, result_class, is_contained
                   FROM flow_calls ORDER BY start_time, flow_ordinal";
        assert_eq!(
            lake.sql(sql).await,
            [
                "a | f1 | Welcome | 1 | 2 | contained | true",
                "a | Opening hours | Opening hours | 2 | 2 | contained | true",
                "d | f1 | NULL | 1 | 1 | unclassified | false",
            ]
        );
        assert_eq!(lake.sql("SELECT flow_count FROM calls ORDER BY start_time").await, ["2", "0", "0", "1"]);
    }
}
