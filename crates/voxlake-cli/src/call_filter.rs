//! Filters with names of queues and agents, and the budget of requests.

use voxlake_fetch::{
    ApiClient, ApiConfig, BriefBudget, Budget, CallFilter, EntityNames, FilterSettings, ResolvedFilter,
    lake_filter,
};
use voxlake_lake::{Lake, LakeError};
use voxlake_query::{LakeSession, SessionOptions, recent_names};
use voxlake_report::escape_control_chars;

use crate::clock;
use crate::config::Settings;
use voxlake_shell::stderr_line;

/// Resolves filter options. Names are looked up in the lake, and then in recent calls of the API.
pub(crate) async fn resolve(
    filter: &FilterSettings,
    settings: &Settings,
    config: &ApiConfig,
) -> anyhow::Result<ResolvedFilter> {
    let request = filter.request();
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
