//! Filters with names of queues and agents, and the budget of requests.

use voxlake_fetch::{
    ApiClient, ApiConfig, BriefBudget, Budget, CallFilter, EntityNames, FetchError, FilterSettings,
    ResolvedFilter, recorded_filter,
};
use voxlake_lake::Lake;
use voxlake_query::recent_names_of_lake;
use voxlake_report::escape_control_chars;

use crate::clock;
use crate::config::Settings;
use voxlake_shell::stderr_line;

/// Resolves names by those in the lake, and then by those in recent calls of the API.
pub(crate) async fn resolve(
    filter: &FilterSettings,
    settings: &Settings,
    config: &ApiConfig,
) -> anyhow::Result<ResolvedFilter> {
    let stored = async {
        let names = recent_names_of_lake(&settings.lake).await?;
        anyhow::Ok(EntityNames::new(names.queues, names.agents))
    };
    let recent = async {
        let client = ApiClient::new(config.clone(), clock::sync_clock())?;
        let budget = open_budget(settings).await?;
        Ok(budget.close_after(client.recent_names(&budget)).await?)
    };
    filter.request().resolve_lazily(stored, recent).await
}

/// Returns the filter of the lake's scope if it has the same words.
pub(crate) async fn scope_filter(lake: &Lake, filter: CallFilter, words: &str) -> anyhow::Result<CallFilter> {
    let Some(recorded) = recorded_filter(lake, &filter, words).await? else { return Ok(filter) };
    stderr_line!(
        "notice: {} has other ids now than when the lake was created; the lake keeps those of its scope, and \
         `voxlake rescope` adds others",
        escape_control_chars(words)
    );
    Ok(recorded)
}

/// Opens the budget of a few requests.
pub(crate) async fn open_budget(settings: &Settings) -> Result<Budget, FetchError> {
    let daily = Some(settings.daily_budget);
    let brief = BriefBudget::open(&settings.lake, clock::sync_clock(), daily).await?;
    if brief.unrecorded.is_some() {
        stderr_line!(
            "notice: another voxlake writes to the lake: these requests are not recorded in its quota ledger"
        );
    }
    Ok(brief.budget)
}
