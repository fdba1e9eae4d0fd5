//! Filters with names of queues and agents, and their resolution to ids.

use std::future::Future;

use thiserror::Error;
use voxlake_lake::group_digits;

use crate::filter::{CallFilter, FilterError, FilterParameter};
use crate::names::EntityNames;

/// Maximum names that an error lists.
const MAX_LISTED_NAMES: usize = 20;
/// Example names that an error lists if there are more.
const EXAMPLE_NAMES: usize = 10;

/// Conditions on calls, some of them names that have to be resolved to ids.
///
/// ```
/// use voxlake_fetch::{EntityNames, FilterRequest};
///
/// let mut names = EntityNames::default();
/// names.queues.insert(("q1".to_owned(), "Billing".to_owned()));
/// let request = FilterRequest::new(Vec::new(), vec!["billing".to_owned()], Vec::new());
/// let resolved = request.resolve(&names)?;
/// assert_eq!(resolved.words, "queue Billing");
/// # Ok::<(), voxlake_fetch::FilterRequestError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilterRequest {
    /// Parameters and their values.
    pub conditions: Vec<(FilterParameter, Vec<String>)>,
    /// Names or ids of queues, or [`FilterParameter::NO_QUEUE`].
    pub queues: Vec<String>,
    /// Names or ids of agents.
    pub agents: Vec<String>,
}

/// Filter with ids, and its description.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ResolvedFilter {
    /// Filter with ids.
    pub filter: CallFilter,
    /// Description of the filter, with names of queues instead of ids.
    pub words: String,
}

impl ResolvedFilter {
    /// Returns the filter that all calls match.
    pub fn all_calls() -> Self {
        Self { filter: CallFilter::default(), words: "all calls".to_owned() }
    }
}

/// Error of resolving a filter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FilterRequestError {
    /// No recent call has the queue.
    #[error("no queue in recent calls has the name or id {queue:?}: {known}")]
    UnknownQueue {
        /// Name or id of the queue.
        queue: String,
        /// Description of the known queues.
        known: String,
    },
    /// No recent call has the agent. Names of agents are personal data and omitted.
    #[error("none of the {known} agents in recent calls has this name or id")]
    UnknownAgent {
        /// Number of known agents.
        known: String,
    },
    /// A value is invalid for its parameter.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl FilterRequest {
    /// Creates a request from conditions on ids and values, names of queues and names of agents.
    #[must_use]
    pub fn new(
        conditions: Vec<(FilterParameter, Vec<String>)>,
        queues: Vec<String>,
        agents: Vec<String>,
    ) -> Self {
        Self { conditions, queues, agents }
    }

    /// Returns whether names have to be looked up.
    pub fn has_names(&self) -> bool {
        !self.agents.is_empty() || self.queues.iter().any(|queue| queue != FilterParameter::NO_QUEUE)
    }

    /// Resolves names by the `stored` ones of a lake, and then by `recent` ones of the API. Each is
    /// awaited only if the request has names that are not resolved yet.
    ///
    /// # Errors
    /// The errors of [`FilterRequest::resolve`] and of the futures.
    pub async fn resolve_lazily<E: From<FilterRequestError>>(
        &self,
        stored: impl Future<Output = Result<EntityNames, E>>,
        recent: impl Future<Output = Result<EntityNames, E>>,
    ) -> Result<ResolvedFilter, E> {
        if !self.has_names() {
            return Ok(self.resolve(&EntityNames::default())?);
        }
        let mut names = stored.await?;
        if let Ok(resolved) = self.resolve(&names) {
            return Ok(resolved);
        }
        names.extend(recent.await?);
        Ok(self.resolve(&names)?)
    }

    /// Resolves the names of queues and agents.
    ///
    /// # Errors
    /// [`FilterRequestError`] for an unknown name or an invalid value.
    pub fn resolve(&self, names: &EntityNames) -> Result<ResolvedFilter, FilterRequestError> {
        let mut conditions = self.conditions.clone();
        for queue in &self.queues {
            add_values(&mut conditions, FilterParameter::CcQueueIds, queue_ids(queue, names)?);
        }
        for agent in &self.agents {
            add_values(&mut conditions, FilterParameter::UserIds, agent_ids(agent, names)?);
        }
        let filter = conditions
            .into_iter()
            .try_fold(CallFilter::default(), |filter, (parameter, values)| filter.with(parameter, values))?;
        let queue_name =
            |id: &str| names.queues.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
        let words = filter.describe(|parameter, value| match parameter {
            FilterParameter::CcQueueIds => queue_name(value),
            _ => None,
        });
        Ok(ResolvedFilter { filter, words })
    }
}

/// Adds values to the condition on a parameter.
fn add_values(
    conditions: &mut Vec<(FilterParameter, Vec<String>)>,
    parameter: FilterParameter,
    values: Vec<String>,
) {
    match conditions.iter_mut().find(|(other, _)| *other == parameter) {
        Some((_, known)) => known.extend(values),
        None => conditions.push((parameter, values)),
    }
}

fn queue_ids(queue: &str, names: &EntityNames) -> Result<Vec<String>, FilterRequestError> {
    if queue == FilterParameter::NO_QUEUE {
        return Ok(vec![queue.to_owned()]);
    }
    let ids = ids(queue, names.queues.iter());
    if !ids.is_empty() {
        return Ok(ids);
    }
    let mut known: Vec<&str> = names.queues.iter().map(|(_, name)| name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    let known = match known.len() {
        0 => "no queue is known".to_owned(),
        1..=MAX_LISTED_NAMES => format!("there are {}", known.join(", ")),
        many => format!("there are {many} others, such as {}", known[..EXAMPLE_NAMES].join(", ")),
    };
    Err(FilterRequestError::UnknownQueue { queue: queue.to_owned(), known })
}

fn agent_ids(agent: &str, names: &EntityNames) -> Result<Vec<String>, FilterRequestError> {
    let ids = ids(agent, names.agents.iter());
    if ids.is_empty() {
        return Err(FilterRequestError::UnknownAgent { known: group_digits(names.agents.len() as u64) });
    }
    Ok(ids)
}

/// Returns the ids of a name, ignoring case, or the id itself.
fn ids<'a>(wanted: &str, names: impl Iterator<Item = &'a (String, String)>) -> Vec<String> {
    let matches =
        |(id, name): &&(String, String)| id == wanted || name.to_lowercase() == wanted.to_lowercase();
    let mut ids: Vec<String> = names.filter(matches).map(|(id, _)| id.clone()).collect();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> EntityNames {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
        };
        EntityNames {
            queues: pairs(&[("q1", "Billing"), ("q2", "Sales"), ("q3", "Billing")]),
            agents: pairs(&[("u1", "Ann Example")]),
        }
    }

    #[test]
    fn names_are_resolved_or_reported() {
        let request =
            |queue: &str| FilterRequest { queues: vec![queue.to_owned()], ..FilterRequest::default() };
        let resolved = request("billing").resolve(&names()).unwrap();
        assert_eq!(resolved.filter.values(FilterParameter::CcQueueIds).collect::<Vec<_>>(), ["q1", "q3"]);
        assert_eq!(resolved.words, "queue Billing");
        assert_eq!(request("q2").resolve(&names()).unwrap().words, "queue Sales");
        assert_eq!(request("none").resolve(&EntityNames::default()).unwrap().words, "queue none");
        let error = request("Claims").resolve(&names()).unwrap_err().to_string();
        assert!(error.contains("there are Billing, Sales"), "{error}");
        let agent = FilterRequest { agents: vec!["bob".to_owned()], ..FilterRequest::default() };
        let error = agent.resolve(&names()).unwrap_err().to_string();
        assert!(!error.contains("Ann") && error.contains("none of the 1 agents"), "{error}");
    }

    async fn unused() -> Result<EntityNames, FilterRequestError> {
        panic!("the names were looked up")
    }

    #[tokio::test]
    async fn only_unknown_names_are_requested() {
        let request =
            |queue: &str| FilterRequest { queues: vec![queue.to_owned()], ..FilterRequest::default() };
        let (stored, recent) = (
            || async { Ok(names()) },
            || async {
                let mut names = EntityNames::default();
                names.queues.insert(("q4".to_owned(), "Claims".to_owned()));
                Ok::<_, FilterRequestError>(names)
            },
        );
        let resolved = request("sales").resolve_lazily(stored(), unused()).await.unwrap();
        assert_eq!(resolved.words, "queue Sales");
        assert_eq!(request("claims").resolve_lazily(stored(), recent()).await.unwrap().words, "queue Claims");
        assert!(request("none").resolve_lazily(unused(), unused()).await.is_ok());
        assert!(request("other").resolve_lazily(stored(), recent()).await.is_err());
    }
}
