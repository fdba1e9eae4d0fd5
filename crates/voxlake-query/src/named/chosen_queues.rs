//! Resolution of queues given by id or name.
//!
//! A queue may have had several names, and several queues may share one. So the texts are looked up
//! in all names that the lake's calls ever used, before the query is planned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use datafusion::arrow::array::AsArray;
use datafusion::common::ScalarValue;

use super::parameter::ParameterType;
use super::query::NamedQuery;
use crate::error::QueryError;
use crate::session::LakeSession;
use voxlake_functions::queue_choice::queue_ids_list;

/// Maximum queues in a notice.
const MAX_LISTED: usize = 10;

const NAMES: &str =
    "SELECT DISTINCT id, name FROM name_summary('2000-01-01', '2200-01-01') WHERE kind = 'queue'";

/// Replaces the texts of `queues` parameters by queue ids. Returns notices about texts that match
/// several queues or none.
pub(super) async fn resolve(
    session: &LakeSession,
    query: &NamedQuery,
    values: &mut HashMap<String, ScalarValue>,
) -> Result<Vec<String>, QueryError> {
    let mut notices = Vec::new();
    for parameter in query.parameters.iter().filter(|parameter| parameter.kind == ParameterType::Queues) {
        let chosen = values.get(&parameter.name).map(texts).unwrap_or_default();
        if chosen.is_empty() {
            continue;
        }
        let names = names(session).await?;
        let mut ids = BTreeSet::new();
        for text in chosen {
            let found = names.get(&text);
            notices.extend(notice(&text, found));
            match found {
                Some(found) => ids.extend(found.iter().cloned()),
                // Kept, because an empty list would select all queues.
                None => drop(ids.insert(text)),
            }
        }
        let ids = queue_ids_list(ids).map_err(QueryError::planning)?;
        values.insert(parameter.name.clone(), ids);
    }
    Ok(notices)
}

impl LakeSession {
    /// Returns the `texts` that are neither an id nor a name of a queue.
    ///
    /// # Errors
    /// As for [`LakeSession::sql`].
    pub async fn unknown_queues(&self, texts: &[String]) -> Result<Vec<String>, QueryError> {
        let names = names(self).await?;
        Ok(texts.iter().filter(|text| !names.contains_key(*text)).cloned().collect())
    }
}

/// Ids of queues by each id and each name that they ever had.
async fn names(session: &LakeSession) -> Result<BTreeMap<String, BTreeSet<String>>, QueryError> {
    let mut ids = BTreeMap::<String, BTreeSet<String>>::new();
    for batch in session.sql(NAMES).await?.collect().await? {
        let (queues, names) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for (id, name) in queues.iter().zip(names) {
            let Some(id) = id else { continue };
            for text in [Some(id), name].into_iter().flatten() {
                ids.entry(text.to_owned()).or_default().insert(id.to_owned());
            }
        }
    }
    Ok(ids)
}

fn texts(value: &ScalarValue) -> Vec<String> {
    let ScalarValue::List(list) = value else { return Vec::new() };
    let texts = list.value(0);
    let texts = texts.as_string_opt::<i32>().map(|texts| texts.iter().flatten().map(str::to_owned).collect());
    texts.unwrap_or_default()
}

/// Notice about a text that does not match exactly one queue.
fn notice(text: &str, found: Option<&BTreeSet<String>>) -> Option<String> {
    match found {
        None => Some(format!("no queue of the lake has the id or name {text:?}")),
        Some(ids) if ids.len() > 1 => {
            let listed =
                ids.iter().take(MAX_LISTED).map(|id| format!("{id:?}")).collect::<Vec<_>>().join(", ");
            let more = match ids.len().saturating_sub(MAX_LISTED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some(format!("{text:?} stands for {} queues, and all of them count: {listed}{more}", ids.len()))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_lake::{TestLake, call, rendered};
    use crate::{Params, QueryLibrary};

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

    #[tokio::test]
    async fn a_text_of_no_queue_chooses_none() {
        let (calls, notices) = chosen(&["care", ""]).await;
        assert_eq!(calls, "0");
        let none = ["care", ""].map(|text| format!("no queue of the lake has the id or name {text:?}"));
        assert_eq!(notices, none);
    }
}
