//! `flow_visits(flows)`: distinct flows of a call.

use datafusion::arrow::array::{ArrayRef, AsArray, ListArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};

use super::distinct::{DerivedFields, IdentifyingFields, distinct_entries};
use super::visits::VisitExtractor;
use crate::lists::list_of;

/// `flow_visits(flows) -> list of struct`: one entry for each distinct flow, in the order of first
/// appearance. Never null.
///
/// | field | meaning |
/// | --- | --- |
/// | flow_id | the first of flow_id and flow_name that is not blank |
/// | flow_ordinal, flow_count | position among the call's flows from 1, and their number |
/// | flow_name | the first name that the call gives the flow |
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowVisits;

const DERIVED: DerivedFields = DerivedFields { id: "flow_id", ordinal: "flow_ordinal", count: "flow_count" };

impl FlowVisits {
    /// Fields that identify a flow.
    pub(super) const IDENTIFIED_BY: IdentifyingFields =
        IdentifyingFields { id: "flow_id", lesser_id: None, name: "flow_name" };
}

impl VisitExtractor for FlowVisits {
    const NAME: &'static str = "flow_visits";

    fn fields() -> Fields {
        [
            Field::new(DERIVED.id, DataType::Utf8, true),
            Field::new(DERIVED.ordinal, DataType::Int32, true),
            Field::new(DERIVED.count, DataType::Int32, true),
            Field::new("flow_name", DataType::Utf8, true),
        ]
        .into_iter()
        .collect()
    }

    fn argument_types(wanted: &Fields) -> Vec<DataType> {
        vec![list_of(DataType::Struct(DERIVED.input_fields(&Self::IDENTIFIED_BY.types(), wanted)))]
    }

    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray> {
        let [flows] = columns else { return exec_err!("flow_visits takes 1 argument") };
        distinct_entries(flows.as_list(), &Self::IDENTIFIED_BY, &DERIVED, wanted)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn repeated_flows_are_one_visit() {
        let lake = TestLake::with_calls([
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
