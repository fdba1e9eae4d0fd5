//! Resolution of queue and agent names to ids.

use std::sync::Arc;

use arrow::array::AsArray as _;
use indicatif::HumanCount;
use voxlake_fetch::{
    ApiClient, ApiConfig, Budget, CallFilter, EntityNames, FilterError, FilterParameter, lake_filter,
};
use voxlake_lake::{Lake, LakeError};
use voxlake_query::{LakeSession, SessionOptions};
use voxlake_report::visible;

use crate::args::FilterArgs;
use crate::clock;
use crate::config::Settings;
use crate::exit::UsageError;
use crate::stderr::stderr_line;

/// Newest days of a lake whose names are looked at.
const MAX_DAYS: usize = 62;
/// In-memory lake, for the requests that no ledger can record.
const NOWHERE: &str = "memory:///";

/// A filter with ids, and its description.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResolvedFilter {
    pub(crate) filter: CallFilter,
    /// The filter with the names of queues instead of their ids.
    pub(crate) words: String,
}

impl FilterArgs {
    /// These conditions, and those of `settings` where nothing is said here.
    pub(crate) fn over(&self, settings: &Self) -> Self {
        let text = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        let texts = |own: &[String], other: &[String]| if own.is_empty() { other } else { own }.to_vec();
        // The two ways to name a queue or an agent are one condition.
        let has_queues = !self.queues.is_empty() || !self.queue_ids.is_empty();
        let has_agents = !self.agents.is_empty() || !self.agent_ids.is_empty();
        let pair = |has: bool, own: &[String], other: &[String]| if has { own } else { other }.to_vec();
        Self {
            direction: text(&self.direction, &settings.direction),
            distribution: text(&self.distribution, &settings.distribution),
            types: texts(&self.types, &settings.types),
            sub_types: texts(&self.sub_types, &settings.sub_types),
            number_types: texts(&self.number_types, &settings.number_types),
            queues: pair(has_queues, &self.queues, &settings.queues),
            queue_ids: pair(has_queues, &self.queue_ids, &settings.queue_ids),
            old_queue_ids: texts(&self.old_queue_ids, &settings.old_queue_ids),
            agents: pair(has_agents, &self.agents, &settings.agents),
            agent_ids: pair(has_agents, &self.agent_ids, &settings.agent_ids),
            team_ids: texts(&self.team_ids, &settings.team_ids),
            teams: texts(&self.teams, &settings.teams),
            region_ids: texts(&self.region_ids, &settings.region_ids),
            regions: texts(&self.regions, &settings.regions),
            countries: texts(&self.countries, &settings.countries),
            consumer: text(&self.consumer, &settings.consumer),
            engagement: text(&self.engagement, &settings.engagement),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether queues or agents are given that have to be looked up.
    fn has_names(&self) -> bool {
        !self.agents.is_empty() || self.queues.iter().any(|queue| queue != FilterParameter::NO_QUEUE)
    }

    /// The filter, by the `names` of queues and agents.
    fn resolved(&self, names: &EntityNames) -> Result<ResolvedFilter, UsageError> {
        use FilterParameter as P;
        let mut queue_ids = self.queue_ids.clone();
        for queue in &self.queues {
            queue_ids.extend(ids_of_queue(queue, names)?);
        }
        let mut agent_ids = self.agent_ids.clone();
        for agent in &self.agents {
            agent_ids.extend(ids_of_agent(agent, names)?);
        }
        let one = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
        let conditions = [
            (P::Direction, one(&self.direction)),
            (P::Distribution, one(&self.distribution)),
            (P::Types, self.types.clone()),
            (P::SubTypes, self.sub_types.clone()),
            (P::NumberTypes, self.number_types.clone()),
            (P::CcQueueIds, queue_ids),
            (P::QueueIds, self.old_queue_ids.clone()),
            (P::UserIds, agent_ids),
            (P::TeamIds, self.team_ids.clone()),
            (P::TeamNames, self.teams.clone()),
            (P::RegionIds, self.region_ids.clone()),
            (P::RegionNames, self.regions.clone()),
            (P::CountryIsoCodes, self.countries.clone()),
            (P::ConsumerNumber, one(&self.consumer)),
            (P::EngagementId, one(&self.engagement)),
        ];
        let filter = conditions
            .into_iter()
            .try_fold(CallFilter::default(), |filter, (parameter, values)| filter.with(parameter, values))
            .map_err(|error: FilterError| UsageError(error.to_string()))?;
        let name =
            |id: &str| names.queues.iter().find(|(known, _)| known == id).map(|(_, name)| name.as_str());
        let words = filter.describe(|parameter, value| match parameter {
            P::CcQueueIds => name(value),
            _ => None,
        });
        Ok(ResolvedFilter { filter, words })
    }
}

fn ids_of_queue(queue: &str, names: &EntityNames) -> Result<Vec<String>, UsageError> {
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
        1..=20 => format!("there are {}", known.join(", ")),
        many => format!("there are {many} others, such as {}", known[..10].join(", ")),
    };
    Err(UsageError(format!(
        "no queue in recent calls has the name or id {queue:?}: {known}. --queue-id takes ids without lookup"
    )))
}

/// Names of agents are personal data: the error names none.
fn ids_of_agent(agent: &str, names: &EntityNames) -> Result<Vec<String>, UsageError> {
    let ids = ids(agent, names.agents.iter());
    if !ids.is_empty() {
        return Ok(ids);
    }
    let known = HumanCount(names.agents.len() as u64);
    Err(UsageError(format!(
        "none of the {known} agents in recent calls has this name or id. --agent-id takes ids without lookup"
    )))
}

/// The ids of a name in any case, or an id itself.
fn ids<'a>(wanted: &str, names: impl Iterator<Item = &'a (String, String)>) -> Vec<String> {
    let is_it = |(id, name): &&(String, String)| id == wanted || name.to_lowercase() == wanted.to_lowercase();
    let mut ids: Vec<String> = names.filter(is_it).map(|(id, _)| id.clone()).collect();
    ids.dedup();
    ids
}

/// The filter of these conditions. Names are looked up in the lake, and in recent calls of the API where the lake
/// does not have them.
pub(crate) async fn resolve(
    args: &FilterArgs,
    settings: &Settings,
    config: &ApiConfig,
) -> anyhow::Result<ResolvedFilter> {
    if !args.has_names() {
        return Ok(args.resolved(&EntityNames::default())?);
    }
    let mut names = match Lake::open(&settings.lake).await {
        Ok(lake) => names_of(&lake).await?,
        Err(LakeError::NoLake { .. }) => EntityNames::default(),
        Err(error) => return Err(error.into()),
    };
    if let Ok(resolved) = args.resolved(&names) {
        return Ok(resolved);
    }
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    let budget = open_budget(settings).await?;
    let recent = client.recent_names(&budget).await;
    budget.close().await?;
    let recent = recent?;
    names.queues.extend(recent.queues);
    names.agents.extend(recent.agents);
    Ok(args.resolved(&names)?)
}

/// The filter that the lake's scope has, where it is called by the same words. The ids of a name change over the years.
pub(crate) async fn as_noted(lake: &Lake, filter: CallFilter, words: &str) -> anyhow::Result<CallFilter> {
    match lake_filter(lake).await? {
        Some((scope, noted)) if scope.words == words && noted != filter => {
            stderr_line!(
                "notice: {} has other ids now than when the lake was made; the lake keeps those of its scope, and \
                 `voxlake rescope` adds others",
                visible(words)
            );
            Ok(noted)
        }
        _ => Ok(filter),
    }
}

/// Names in the newest days of a lake.
async fn names_of(lake: &Lake) -> anyhow::Result<EntityNames> {
    let session =
        LakeSession::open(lake, SessionOptions { skip_damaged: true, ..SessionOptions::default() }).await?;
    let mut names = EntityNames::default();
    let Some(first) = session.days().iter().rev().take(MAX_DAYS).map(|day| day.date).min() else {
        return Ok(names);
    };
    for (column, id, name, found) in [
        ("queues", "cc_queue_id", "queue_name", &mut names.queues),
        ("agents", "user_id", "display_name", &mut names.agents),
    ] {
        let sql = format!(
            "SELECT DISTINCT entry['{id}'] AS id, entry['{name}'] AS name \
             FROM (SELECT unnest({column}) AS entry FROM voice_calls WHERE date >= '{first}') AS entries \
             WHERE entry['{id}'] IS NOT NULL AND entry['{name}'] IS NOT NULL"
        );
        for batch in session.sql(&sql).await?.collect().await? {
            let texts = |column: usize| batch.column(column).as_string::<i32>().iter().flatten();
            found.extend(texts(0).zip(texts(1)).map(|(id, name)| (id.to_owned(), name.to_owned())));
        }
    }
    Ok(names)
}

/// The day's budget of requests, noted in the ledger of the lake. Where there is no lake, or somebody else writes to
/// it, the requests are counted for this run alone.
pub(crate) async fn open_budget(settings: &Settings) -> anyhow::Result<Budget> {
    let daily = Some(settings.daily_budget);
    let locked = match Lake::open(&settings.lake).await {
        Ok(lake) => match lake.lock(clock::now()).await {
            Ok(lock) => Some((lake, lock)),
            Err(LakeError::Locked { .. }) => {
                stderr_line!(
                    "notice: another voxlake writes to the lake: these requests are not recorded in its quota ledger"
                );
                None
            }
            Err(error) => return Err(error.into()),
        },
        Err(LakeError::NoLake { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let (lake, lock) = match locked {
        Some(locked) => locked,
        None => {
            let lake = Lake::create(NOWHERE).await?;
            let lock = lake.lock(clock::now()).await?;
            (lake, lock)
        }
    };
    Ok(Budget::open(lake, Arc::new(lock), clock::sync_clock(), daily).await?)
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
    fn names_become_ids_and_unknown_ones_are_told() {
        let args = |queue: &str| FilterArgs { queues: vec![queue.to_owned()], ..FilterArgs::default() };
        let filter = args("billing").resolved(&names()).unwrap();
        assert_eq!(filter.filter.values(FilterParameter::CcQueueIds).collect::<Vec<_>>(), ["q1", "q3"]);
        assert_eq!(filter.words, "queue Billing");
        assert_eq!(args("q2").resolved(&names()).unwrap().words, "queue Sales");
        assert_eq!(args("none").resolved(&EntityNames::default()).unwrap().words, "queue none");
        let error = args("Claims").resolved(&names()).unwrap_err().0;
        assert!(error.contains("there are Billing, Sales"), "{error}");
        let agent = FilterArgs { agents: vec!["bob".to_owned()], ..FilterArgs::default() };
        let error = agent.resolved(&names()).unwrap_err().0;
        assert!(!error.contains("Ann") && error.contains("none of the 1 agents"), "{error}");
    }

    #[test]
    fn what_is_typed_replaces_what_is_configured() {
        let own = FilterArgs { queue_ids: vec!["q9".to_owned()], ..FilterArgs::default() };
        let configured = FilterArgs {
            queues: vec!["Billing".to_owned()],
            direction: Some("inbound".to_owned()),
            ..FilterArgs::default()
        };
        let both = own.over(&configured);
        assert_eq!((both.queues.len(), both.direction.as_deref()), (0, Some("inbound")));
        assert_eq!(FilterArgs::default().over(&configured), configured);
    }
}
