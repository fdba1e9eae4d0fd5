//! Settings that come from the command-line options.

use voxlake_config::{PublishSettings, RawSettings};

use crate::args::{
    ApiArgs, BenchArgs, Command, LakeArgs, PublishArgs, RejectsAction, ReportAction, ScheduleCommonArgs,
    SyncArgs, UserDefinitionsArgs,
};

impl From<&Command> for RawSettings {
    fn from(command: &Command) -> Self {
        let mut settings = Self::default();
        add_command(&mut settings, command);
        settings
    }
}

fn add_command(settings: &mut RawSettings, command: &Command) {
    match command {
        Command::Sync(args) => add_sync(settings, args),
        Command::Lookup(args) => add_api(settings, &args.lake, &args.api),
        Command::Rescope(args) => add_api(settings, &args.lake, &args.api),
        Command::Doctor(args) => add_api(settings, &args.lake, &args.api),
        Command::Verify(args) => add_api(settings, &args.lake, &args.api),
        Command::Status(args) => {
            add_lake(settings, &args.lake);
            settings.settle.clone_from(&args.settle);
        }
        Command::Migrate(args) => add_lake(settings, &args.lake),
        Command::Summarize(args) => add_lake(settings, &args.lake),
        Command::Publish(args) => add_publish(settings, args),
        Command::Import(args) => {
            add_lake(settings, &args.lake);
            settings.freeze_before = args.freeze.freeze_before;
        }
        Command::Rejects(args) => match &args.action {
            RejectsAction::Replay { lake, freeze, .. } => {
                add_lake(settings, lake);
                settings.freeze_before = freeze.freeze_before;
            }
            RejectsAction::List { lake, .. }
            | RejectsAction::Show { lake, .. }
            | RejectsAction::Drop { lake, .. } => add_lake(settings, lake),
        },
        Command::Query(args) => {
            add_lake(settings, &args.lake);
            settings.timezone.clone_from(&args.period_args.timezone);
            settings.queries.clone_from(&args.queries);
            settings.summaries = args.answer.no_summaries.then_some(false);
            settings.memory_limit.clone_from(&args.answer.memory_limit);
            #[cfg(feature = "cluster")]
            settings.engine.clone_from(&args.answer.engine);
        }
        Command::Call(args) => {
            add_lake(settings, &args.lake);
            settings.timezone.clone_from(&args.timezone);
        }
        Command::Sql(args) => {
            add_lake(settings, &args.lake);
            settings.timezone.clone_from(&args.timezone);
            settings.queries.clone_from(&args.queries);
            settings.summaries = args.no_summaries.then_some(false);
            settings.memory_limit.clone_from(&args.memory_limit);
            #[cfg(feature = "cluster")]
            settings.engine.clone_from(&args.engine);
        }
        Command::Report(args) => add_report(settings, &args.action),
        Command::Schedule(args) => add_schedule(settings, args.action.common()),
        Command::Bench(args) => add_bench(settings, args),
        #[cfg(feature = "cluster")]
        Command::Cluster(_) => {}
        // These commands have their own options for the lake, and the demo has its own API. All
        // other settings come from the file and the environment.
        Command::Demo(_) | Command::Generate(_) | Command::Sim(_) | Command::Completions { .. } => {}
    }
}

fn add_schedule(settings: &mut RawSettings, args: &ScheduleCommonArgs) {
    add_lake(settings, &args.lake);
    add_definitions(settings, &args.definitions);
    #[cfg(feature = "cluster")]
    settings.engine.clone_from(&args.engine);
}

fn add_bench(settings: &mut RawSettings, args: &BenchArgs) {
    add_lake(settings, &args.lake);
    settings.memory_limit.clone_from(&args.memory_limit);
    #[cfg(feature = "cluster")]
    settings.engine.clone_from(&args.engine);
}

fn add_lake(settings: &mut RawSettings, args: &LakeArgs) {
    settings.lake.clone_from(&args.lake);
}

fn add_definitions(settings: &mut RawSettings, args: &UserDefinitionsArgs) {
    settings.reports.clone_from(&args.reports);
    settings.queries.clone_from(&args.queries);
}

fn add_api(settings: &mut RawSettings, lake: &LakeArgs, api: &ApiArgs) {
    let quota = &api.quota;
    add_lake(settings, lake);
    settings.api_url.clone_from(&api.api_url);
    settings.oauth_url.clone_from(&api.oauth_url);
    settings.insecure_http = api.insecure_http.then_some(true);
    settings.credentials.clone_from(&api.credentials);
    settings.account.clone_from(&api.account);
    settings.list_form = api.list_form;
    settings.plan = quota.plan;
    settings.requests_per_second = quota.requests_per_second;
    settings.requests_per_day = quota.requests_per_day;
    settings.daily_budget.clone_from(&quota.daily_budget);
}

fn add_sync(settings: &mut RawSettings, args: &SyncArgs) {
    add_api(settings, &args.lake, &args.api);
    settings.settle.clone_from(&args.settle);
    settings.commit_every.clone_from(&args.commit_every);
    settings.commit_calls = args.commit_calls;
    settings.freeze_before = args.freeze.freeze_before;
    settings.walkers = args.concurrency;
    settings.window_pages = args.window_pages;
    settings.tries = args.max_attempts;
    settings.retry_delay.clone_from(&args.retry_delay);
    settings.view = args.view;
}

fn add_publish(settings: &mut RawSettings, args: &PublishArgs) {
    add_lake(settings, &args.lake);
    if args.keep.is_some() {
        settings.publish.insert(PublishSettings::default()).keep.clone_from(&args.keep);
    }
}

fn add_report(settings: &mut RawSettings, action: &ReportAction) {
    match action {
        ReportAction::List { definitions }
        | ReportAction::Describe { definitions, .. }
        | ReportAction::Check { definitions, .. } => add_definitions(settings, definitions),
        ReportAction::Run(args) => {
            add_lake(settings, &args.lake);
            add_definitions(settings, &args.definitions);
            settings.timezone.clone_from(&args.timezone);
            #[cfg(feature = "cluster")]
            settings.engine.clone_from(&args.engine);
        }
    }
}
