//! Filter options: their settings, names and budget of requests.

use voxlake_fetch::{
    ApiClient, ApiConfig, BriefBudget, Budget, CallFilter, EntityNames, FilterParameter, FilterRequest,
    ResolvedFilter, lake_filter,
};
use voxlake_lake::{Lake, LakeError};
use voxlake_query::{LakeSession, SessionOptions, recent_names};
use voxlake_report::escape_control_chars;

use crate::args::FilterArgs;
use crate::clock;
use crate::config::Settings;
use voxlake_shell::stderr_line;

impl FilterArgs {
    /// Returns these conditions, and those of `settings` for parameters that these do not have.
    pub(crate) fn over(&self, settings: &Self) -> Self {
        let text = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        let texts = |own: &[String], other: &[String]| if own.is_empty() { other } else { own }.to_vec();
        // Names and ids of queues, or of agents, are one condition.
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

    fn request(&self) -> FilterRequest {
        use FilterParameter as P;
        let one = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
        let conditions = vec![
            (P::Direction, one(&self.direction)),
            (P::Distribution, one(&self.distribution)),
            (P::Types, self.types.clone()),
            (P::SubTypes, self.sub_types.clone()),
            (P::NumberTypes, self.number_types.clone()),
            (P::CcQueueIds, self.queue_ids.clone()),
            (P::QueueIds, self.old_queue_ids.clone()),
            (P::UserIds, self.agent_ids.clone()),
            (P::TeamIds, self.team_ids.clone()),
            (P::TeamNames, self.teams.clone()),
            (P::RegionIds, self.region_ids.clone()),
            (P::RegionNames, self.regions.clone()),
            (P::CountryIsoCodes, self.countries.clone()),
            (P::ConsumerNumber, one(&self.consumer)),
            (P::EngagementId, one(&self.engagement)),
        ];
        FilterRequest::new(conditions, self.queues.clone(), self.agents.clone())
    }
}

/// Resolves filter options. Names are looked up in the lake, and then in recent calls of the API.
pub(crate) async fn resolve(
    args: &FilterArgs,
    settings: &Settings,
    config: &ApiConfig,
) -> anyhow::Result<ResolvedFilter> {
    let request = args.request();
    if !request.has_names() {
        return Ok(request.resolve(&EntityNames::default())?);
    }
    let mut names = match Lake::open(&settings.lake).await {
        Ok(lake) => lake_names(&lake).await?,
        Err(LakeError::NoLake { .. }) => EntityNames::default(),
        Err(error) => return Err(error.into()),
    };
    if let Ok(resolved) = request.resolve(&names) {
        return Ok(resolved);
    }
    let client = ApiClient::new(config.clone(), clock::sync_clock())?;
    let budget = open_budget(settings).await?;
    let recent = client.recent_names(&budget).await;
    budget.close().await?;
    let recent = recent?;
    names.queues.extend(recent.queues);
    names.agents.extend(recent.agents);
    Ok(request.resolve(&names)?)
}

/// Returns the filter of the lake's scope if it has the same words: the ids of a name change over
/// the years.
pub(crate) async fn scope_filter(lake: &Lake, filter: CallFilter, words: &str) -> anyhow::Result<CallFilter> {
    match lake_filter(lake).await? {
        Some((scope, recorded)) if scope.words == words && recorded != filter => {
            stderr_line!(
                "notice: {} has other ids now than when the lake was created; the lake keeps those of its scope, and \
                 `voxlake rescope` adds others",
                escape_control_chars(words)
            );
            Ok(recorded)
        }
        _ => Ok(filter),
    }
}

/// Returns the names in the newest days of a lake.
async fn lake_names(lake: &Lake) -> anyhow::Result<EntityNames> {
    let options = SessionOptions::new().skip_damaged(true);
    let recent = recent_names(&LakeSession::open(lake, options).await?).await?;
    let mut names = EntityNames::default();
    names.queues.extend(recent.queues);
    names.agents.extend(recent.agents);
    Ok(names)
}

/// Opens the budget of a few requests.
pub(crate) async fn open_budget(settings: &Settings) -> anyhow::Result<Budget> {
    let daily = Some(settings.daily_budget);
    let brief = BriefBudget::open(&settings.lake, clock::sync_clock(), daily).await?;
    if brief.unrecorded.is_some() {
        stderr_line!(
            "notice: another voxlake writes to the lake: these requests are not recorded in its quota ledger"
        );
    }
    Ok(brief.budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_replace_settings() {
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
