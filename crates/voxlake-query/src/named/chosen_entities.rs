//! Resolution of queues, teams, agents, flows and countries given by id or name.
//!
//! A queue may have had several names, and several queues may share one. So the texts are looked up
//! in all names that the lake's calls ever had, before the query is planned. A text that no call
//! ever had is an error: an answer of zeros would look like one about a quiet queue.

use std::collections::{BTreeSet, HashMap};

use chrono::DateTime;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use voxlake_functions::queue_choice::queue_ids_list;
use voxlake_lake::TimeRange;

use super::known_names::KnownNames;
use super::parameter::ParameterType;
use super::query::NamedQuery;
use crate::entity::EntityKind;
use crate::error::QueryError;
use crate::session::LakeSession;

/// Replaces the texts of parameters that take queues, teams and so on by ids. Returns notices about
/// texts that stand for several ids, and about those that no call of the period has.
///
/// # Errors
/// [`QueryError::UnknownNames`] for texts that no call of the lake ever had.
pub(super) async fn resolve(
    session: &LakeSession,
    query: &NamedQuery,
    values: &mut HashMap<String, ScalarValue>,
) -> Result<Vec<String>, QueryError> {
    let mut notices = Vec::new();
    let period = period(values);
    for parameter in &query.parameters {
        let Some(kind) = parameter.entity_kind() else { continue };
        let texts = values.get(&parameter.name).map(texts).unwrap_or_default();
        if texts.is_empty() {
            continue;
        }
        let known = KnownNames::read(session, kind, period).await?;
        let is_resolved = parameter.kind == ParameterType::Entities(kind);
        let mut ids = BTreeSet::new();
        for (text, found) in known.resolve(&texts)? {
            notices.extend(known.ambiguity_notice(text, found).filter(|_| is_resolved));
            notices.extend(known.absence_notice(text, found));
            ids.extend(found.iter().cloned());
        }
        if is_resolved {
            values.insert(parameter.name.clone(), ids_list(kind, ids)?);
        }
    }
    Ok(notices)
}

impl LakeSession {
    /// Checks that calls of the lake, of any period, have these ids or names. Returns notices about
    /// those that no call of `period` has.
    ///
    /// # Errors
    /// [`QueryError::UnknownNames`] for texts that no call ever had, and as for
    /// [`LakeSession::sql`].
    pub async fn check_names(
        &self,
        kind: EntityKind,
        texts: &[String],
        period: TimeRange,
    ) -> Result<Vec<String>, QueryError> {
        let known = KnownNames::read(self, kind, Some(period)).await?;
        let found = known.resolve(texts)?;
        Ok(found.into_iter().filter_map(|(text, ids)| known.absence_notice(text, ids)).collect())
    }
}

/// Value of a parameter that takes ids.
fn ids_list(kind: EntityKind, ids: BTreeSet<String>) -> Result<ScalarValue, QueryError> {
    if kind == EntityKind::Queue {
        return queue_ids_list(ids).map_err(QueryError::planning);
    }
    let ids = ids.into_iter().map(|id| ScalarValue::Utf8(Some(id))).collect::<Vec<_>>();
    Ok(ScalarValue::List(ScalarValue::new_list_nullable(&ids, &DataType::Utf8)))
}

/// Period of a query; `None` if it takes none.
fn period(values: &HashMap<String, ScalarValue>) -> Option<TimeRange> {
    let instant = |name: &str| match values.get(name) {
        Some(ScalarValue::TimestampMillisecond(Some(ms), _)) => DateTime::from_timestamp_millis(*ms),
        _ => None,
    };
    Some(TimeRange { from: instant("from")?, to: instant("to")? })
}

fn texts(value: &ScalarValue) -> Vec<String> {
    let ScalarValue::List(list) = value else { return Vec::new() };
    let texts = list.value(0);
    let texts = texts.as_string_opt::<i32>().map(|texts| texts.iter().flatten().map(str::to_owned).collect());
    texts.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_lake::{TestLake, call, queue, rendered, rows};
    use crate::{NamedQuery, Params, QueryError, QueryLibrary};

    const NOVEMBER: [(&str, &str); 2] = [("from", "2026-11-01"), ("to", "2026-12-01")];

    fn lake() -> TestLake {
        let queue = |id: Value, name: &str| json!({"queues": [{"cc_queue_id": id, "queue_name": name}]});
        TestLake::with_calls([
            call("a", "2026-11-01T08:00:00Z", queue(json!("q1"), "Sales")),
            call("b", "2026-11-02T08:00:00Z", queue(json!("q1"), "Vertrieb")),
            // After the period.
            call("c", "2027-01-02T08:00:00Z", queue(json!("q1"), "Sales EMEA")),
            call("d", "2026-11-02T08:00:00Z", queue(json!("q2"), "Care")),
            call("e", "2026-11-02T08:00:00Z", queue(json!("q3"), "Care")),
            call("f", "2026-11-02T08:00:00Z", queue(json!(null), "Care")),
        ])
    }

    /// Number of calls through the given queues, and the notices.
    async fn chosen(queues: &[&str]) -> (String, Vec<String>) {
        let params = NOVEMBER.into_iter().chain([("by", "day"), ("direction", "all")]).collect::<Params>();
        let params = queues.iter().fold(params, |params, queue| params.with_item("queue", *queue));
        let catalog = QueryLibrary::shipped().unwrap();
        let lake = lake();
        let answer = lake.session().await.run(catalog.get("call_volume").unwrap(), &params).await.unwrap();
        let notices = answer.notices().to_vec();
        let rows = rendered(&answer.collect().await.unwrap());
        (rows.lines().last().unwrap().split(" | ").nth(3).unwrap().to_owned(), notices)
    }

    #[tokio::test]
    async fn former_names_select_the_queue() {
        for text in ["Sales", "Vertrieb", "Sales EMEA", "q1"] {
            assert_eq!(chosen(&[text]).await, ("2".to_owned(), vec![]), "{text}");
        }
        assert_eq!(chosen(&["Sales", "Vertrieb"]).await.0, "2");
    }

    #[tokio::test]
    async fn a_name_of_several_queues_is_said() {
        let (calls, notices) = chosen(&["Care"]).await;
        assert_eq!(calls, "3");
        let wanted = r#""Care" stands for 3 queues, and all of them count: "Care", "q2", "q3""#;
        assert_eq!(notices, [wanted]);
    }

    /// Error about given queues.
    async fn refused(lake: &TestLake, queues: &[&str]) -> QueryError {
        let params = NOVEMBER.into_iter().collect::<Params>();
        let params = queues.iter().fold(params, |params, queue| params.with_item("queue", *queue));
        let catalog = QueryLibrary::shipped().unwrap();
        lake.session().await.run(catalog.get("abandonment_rate").unwrap(), &params).await.unwrap_err()
    }

    #[tokio::test]
    async fn unknown_queues_are_errors_with_suggestions() {
        let lake = lake();
        let unknown = "no call of the lake has a queue with the id or name";
        for (queues, expected) in [
            (vec!["Sale"], "\"Sale\"; did you mean \"Sales\"?"),
            (vec!["care"], "\"care\"; did you mean \"Care\"?"),
            (vec!["Care", "EMEA"], "\"EMEA\"; did you mean \"Sales EMEA\"?"),
            (vec![""], "\"\"; the lake has the queues \"Care\", \"Vertrieb\""),
        ] {
            let error = refused(&lake, &queues).await;
            assert!(error.is_user_error());
            assert_eq!(error.to_string(), format!("{unknown} {expected}"));
        }
        let error = refused(&lake, &["Biling", "Vertreib"]).await.to_string();
        assert!(
            error.contains("\"Biling\"; the lake has") && error.contains("did you mean \"Vertrieb\"?"),
            "{error}"
        );
        let error = refused(&TestLake::empty(), &["Sales"]).await.to_string();
        assert_eq!(error, format!("{unknown} \"Sales\"; the lake has no queues"));
    }

    #[tokio::test]
    async fn queues_without_calls_in_the_period_are_noticed() {
        let lake = lake();
        let catalog = QueryLibrary::shipped().unwrap();
        let query = catalog.get("abandonment_rate").unwrap();
        let run = async |from: &str, to: &str| {
            let params = Params::new().with("from", from).with("to", to);
            let params = params.with_item("queue", "Sales").with_item("queue", "q2");
            lake.session().await.run(query, &params).await.unwrap().notices().to_vec()
        };
        assert_eq!(run("2026-11-01", "2026-12-01").await, [""; 0]);
        assert_eq!(run("2027-01-01", "2027-02-01").await, ["no call of the period has the queue \"q2\""]);
        assert_eq!(run("1970-01-01", "1970-01-02").await.len(), 2);
        let empty = run("2026-11-01", "2026-11-01").await;
        assert!(matches!(empty.as_slice(), [only] if only.starts_with("the period is empty")), "{empty:?}");
    }

    /// Query of a user with parameters of all kinds.
    const OWN: &str = "\
-- title: How many calls?
-- description:
--   Calls.
-- parameter: queue texts =
--   Queues.
-- parameter: team teams =
--   Teams.
-- parameter: agent agents =
--   Agents.
-- parameter: flow flows =
--   Flows.
-- parameter: country countries =
--   Countries.
-- column: ids text
--   Ids.
SELECT array_to_string($queue, ',') || '|' || array_to_string($team, ',') || '|' || array_to_string($agent, ',')
    || '|' || array_to_string($flow, ',') || '|' || array_to_string($country, ',') AS ids
";

    #[tokio::test]
    async fn other_kinds_are_checked_too() {
        let agents = json!([{"user_id": "u1", "display_name": "Ann Example", "team_ids": ["t1"], "team_names": ["North"]}]);
        let flows = json!([{"flow_id": "f1", "flow_name": "Menu"}]);
        let more =
            json!({"agents": agents, "flows": flows, "country_name": "France", "queues": [queue("Sales")]});
        let lake = TestLake::with_calls([call("a", "2026-11-01T08:00:00Z", more)]);
        let session = lake.session().await;
        let query = NamedQuery::parse("own", OWN).unwrap();
        let all = [
            ("queue", "Sales"),
            ("team", "North"),
            ("agent", "Ann Example"),
            ("flow", "Menu"),
            ("country", "France"),
        ];
        let answer = session.run(&query, &all.into_iter().collect()).await.unwrap();
        assert_eq!(rows(&answer.collect().await.unwrap()), ["Sales|t1|u1|f1|France"]);
        for (name, value, expected) in [
            (
                "queue",
                "SALES",
                "no call of the lake has a queue with the id or name \"SALES\"; did you mean \"Sales\"?",
            ),
            (
                "team",
                "nort",
                "no call of the lake has a team with the id or name \"nort\"; did you mean \"North\"?",
            ),
            (
                "flow",
                "X",
                "no call of the lake has a flow with the id or name \"X\"; the lake has the flows \"Menu\"",
            ),
            ("country", "france", "no call of the lake has the country \"france\"; did you mean \"France\"?"),
            ("agent", "Anne Example", "no call of the lake has the given agent; did you mean \"u1\"?"),
            ("agent", "x", "no call of the lake has the given agent; the lake has other agents: 1"),
        ] {
            let error = session.run(&query, &Params::new().with(name, value)).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }
}
