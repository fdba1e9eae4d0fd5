//! The settings that the options of a command set.

use super::table::RawSettings;
use crate::args::{
    ApiArgs, Command, LakeArgs, QuotaArgs, RejectsAction, ReportAction, SyncArgs, UserDefinitionsArgs,
};

impl RawSettings {
    fn of_lake(lake: &LakeArgs) -> Self {
        Self { lake: lake.lake.clone(), ..Self::default() }
    }

    fn of_reports(definitions: &UserDefinitionsArgs) -> Self {
        Self { reports: definitions.reports.clone(), queries: definitions.queries.clone(), ..Self::default() }
    }

    fn of_sync(args: &SyncArgs) -> Self {
        Self {
            settle: args.settle.clone(),
            commit_every: args.commit_every.clone(),
            commit_calls: args.commit_calls,
            freeze_before: args.freeze.freeze_before,
            walkers: args.concurrency,
            window_pages: args.window_pages,
            tries: args.max_attempts,
            retry_delay: args.retry_delay.clone(),
            view: args.view,
            ..Self::of_api(&args.lake, &args.api, &args.quota)
        }
    }

    fn of_report_action(action: &ReportAction) -> Self {
        match action {
            ReportAction::List { definitions }
            | ReportAction::Describe { definitions, .. }
            | ReportAction::Check { definitions, .. } => Self::of_reports(definitions),
            ReportAction::Run(args) => Self {
                lake: args.lake.lake.clone(),
                timezone: args.timezone.clone(),
                ..Self::of_reports(&args.definitions)
            },
        }
    }

    /// Options about the API and its quota.
    fn of_api(lake: &LakeArgs, api: &ApiArgs, quota: &QuotaArgs) -> Self {
        Self {
            api_url: api.api_url.clone(),
            oauth_url: api.oauth_url.clone(),
            insecure_http: api.insecure_http.then_some(true),
            credentials: api.credentials.clone(),
            account: api.account.clone(),
            list_form: api.list_form,
            plan: quota.plan,
            requests_per_second: quota.requests_per_second,
            requests_per_day: quota.requests_per_day,
            daily_budget: quota.daily_budget.clone(),
            ..Self::of_lake(lake)
        }
    }
}

impl From<&Command> for RawSettings {
    fn from(command: &Command) -> Self {
        match command {
            Command::Sync(args) => Self::of_sync(args),
            Command::Lookup(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Rescope(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Doctor(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Status(args) => Self { settle: args.settle.clone(), ..Self::of_lake(&args.lake) },
            Command::Verify(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Summarize(args) => Self::of_lake(&args.lake),
            Command::Import(args) => {
                Self { freeze_before: args.freeze.freeze_before, ..Self::of_lake(&args.lake) }
            }
            Command::Rejects(args) => match &args.action {
                RejectsAction::Replay { lake, freeze, .. } => {
                    Self { freeze_before: freeze.freeze_before, ..Self::of_lake(lake) }
                }
                RejectsAction::List { lake, .. }
                | RejectsAction::Show { lake, .. }
                | RejectsAction::Drop { lake, .. } => Self::of_lake(lake),
            },
            Command::Query(args) => Self {
                timezone: args.period_args.timezone.clone(),
                queries: args.queries.clone(),
                summaries: args.answer.no_summaries.then_some(false),
                memory_limit: args.answer.memory_limit.clone(),
                ..Self::of_lake(&args.lake)
            },
            Command::Sql(args) => Self {
                timezone: args.timezone.clone(),
                queries: args.queries.clone(),
                summaries: args.no_summaries.then_some(false),
                memory_limit: args.memory_limit.clone(),
                ..Self::of_lake(&args.lake)
            },
            Command::Report(args) => Self::of_report_action(&args.action),
            Command::Schedule(args) => {
                let common = args.action.common();
                Self { lake: common.lake.lake.clone(), ..Self::of_reports(&common.definitions) }
            }
            Command::Bench(args) => {
                Self { memory_limit: args.memory_limit.clone(), ..Self::of_lake(&args.lake) }
            }
            // These name their own lake, and the demo its own API; other settings apply.
            Command::Demo(_) | Command::Generate(_) | Command::Sim(_) | Command::Completions { .. } => {
                Self::default()
            }
        }
    }
}
