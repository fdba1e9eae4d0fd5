//! Settings that come from the command-line options.

use super::table::RawSettings;
use crate::args::{
    ApiArgs, Command, LakeArgs, QuotaArgs, RejectsAction, ReportAction, SyncArgs, UserDefinitionsArgs,
};

impl RawSettings {
    fn from_lake_args(lake: &LakeArgs) -> Self {
        Self { lake: lake.lake.clone(), ..Self::default() }
    }

    fn from_definition_args(definitions: &UserDefinitionsArgs) -> Self {
        Self { reports: definitions.reports.clone(), queries: definitions.queries.clone(), ..Self::default() }
    }

    fn from_sync_args(args: &SyncArgs) -> Self {
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
            ..Self::from_api_args(&args.lake, &args.api, &args.quota)
        }
    }

    fn from_report_action(action: &ReportAction) -> Self {
        match action {
            ReportAction::List { definitions }
            | ReportAction::Describe { definitions, .. }
            | ReportAction::Check { definitions, .. } => Self::from_definition_args(definitions),
            ReportAction::Run(args) => Self {
                lake: args.lake.lake.clone(),
                timezone: args.timezone.clone(),
                ..Self::from_definition_args(&args.definitions)
            },
        }
    }

    /// Returns the settings of the API and quota options.
    fn from_api_args(lake: &LakeArgs, api: &ApiArgs, quota: &QuotaArgs) -> Self {
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
            ..Self::from_lake_args(lake)
        }
    }
}

impl From<&Command> for RawSettings {
    fn from(command: &Command) -> Self {
        match command {
            Command::Sync(args) => Self::from_sync_args(args),
            Command::Lookup(args) => Self::from_api_args(&args.lake, &args.api, &args.quota),
            Command::Rescope(args) => Self::from_api_args(&args.lake, &args.api, &args.quota),
            Command::Doctor(args) => Self::from_api_args(&args.lake, &args.api, &args.quota),
            Command::Status(args) => Self { settle: args.settle.clone(), ..Self::from_lake_args(&args.lake) },
            Command::Verify(args) => Self::from_api_args(&args.lake, &args.api, &args.quota),
            Command::Summarize(args) => Self::from_lake_args(&args.lake),
            Command::Import(args) => {
                Self { freeze_before: args.freeze.freeze_before, ..Self::from_lake_args(&args.lake) }
            }
            Command::Rejects(args) => match &args.action {
                RejectsAction::Replay { lake, freeze, .. } => {
                    Self { freeze_before: freeze.freeze_before, ..Self::from_lake_args(lake) }
                }
                RejectsAction::List { lake, .. }
                | RejectsAction::Show { lake, .. }
                | RejectsAction::Drop { lake, .. } => Self::from_lake_args(lake),
            },
            Command::Query(args) => Self {
                timezone: args.period_args.timezone.clone(),
                queries: args.queries.clone(),
                summaries: args.answer.no_summaries.then_some(false),
                memory_limit: args.answer.memory_limit.clone(),
                ..Self::from_lake_args(&args.lake)
            },
            Command::Sql(args) => Self {
                timezone: args.timezone.clone(),
                queries: args.queries.clone(),
                summaries: args.no_summaries.then_some(false),
                memory_limit: args.memory_limit.clone(),
                ..Self::from_lake_args(&args.lake)
            },
            Command::Report(args) => Self::from_report_action(&args.action),
            Command::Schedule(args) => {
                let common = args.action.common();
                Self { lake: common.lake.lake.clone(), ..Self::from_definition_args(&common.definitions) }
            }
            Command::Bench(args) => {
                Self { memory_limit: args.memory_limit.clone(), ..Self::from_lake_args(&args.lake) }
            }
            // These commands have their own options for the lake, and the demo has its own API. All
            // other settings come from the file and the environment.
            Command::Demo(_) | Command::Generate(_) | Command::Sim(_) | Command::Completions { .. } => {
                Self::default()
            }
        }
    }
}
