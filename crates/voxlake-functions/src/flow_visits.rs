//! `flow_visits(flows)`: the distinct flows of a call.

use datafusion::arrow::array::{ArrayRef, AsArray, ListArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};

use super::distinct::{IdentifyingFields, Made, distinct};
use super::list;
use super::visits::Walk;

/// `flow_visits(flows) -> list of struct`, one entry for each distinct flow in the order of first
/// appearance: `flow_id` (the first of flow_id and flow_name that is not blank), `flow_ordinal`
/// from 1, `flow_count`, and the flow's `flow_name` as first named. Never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowVisits;

const MADE: Made = Made { id: "flow_id", ordinal: "flow_ordinal", count: "flow_count" };

impl FlowVisits {
    /// Fields that identify a flow.
    pub(super) const IDENTIFIED_BY: IdentifyingFields =
        IdentifyingFields { id: "flow_id", lesser_id: None, name: "flow_name" };
}

impl Walk for FlowVisits {
    const NAME: &'static str = "flow_visits";

    fn fields() -> Fields {
        [
            Field::new(MADE.id, DataType::Utf8, true),
            Field::new(MADE.ordinal, DataType::Int32, true),
            Field::new(MADE.count, DataType::Int32, true),
            Field::new("flow_name", DataType::Utf8, true),
        ]
        .into_iter()
        .collect()
    }

    fn arguments(wanted: &Fields) -> Vec<DataType> {
        vec![list(DataType::Struct(MADE.and_given(&Self::IDENTIFIED_BY.types(), wanted)))]
    }

    fn walk(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [flows] = columns else { return exec_err!("flow_visits takes 1 argument") };
        distinct(flows.as_list(), &Self::IDENTIFIED_BY, &MADE, wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

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
