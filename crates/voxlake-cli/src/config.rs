//! What is meant: settings from `voxlake.toml`, then the environment, then flags; the later wins.

mod names;

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytesize::ByteSize;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};
use url::Url;
use voxlake_model::CurrencySymbols;

use crate::args::{
    AccountPlan, ApiArgs, Command, FilterArgs, LakeArgs, ListFormName, OwnArgs, QuotaArgs, RejectsAction,
    ReportAction, ViewName,
};
use crate::delivery::MailSettings;
use crate::exit::UsageError;
use crate::process::DEFAULT_FILE_MODE;
use crate::schedule::ScheduleSettings;
use crate::stderr::stderr_line;
use crate::text_file;

/// The file that is read without being named.
const DEFAULT_FILE: &str = "voxlake.toml";
/// Settings that a variable `VOXLAKE_<NAME>` may give.
const VALUES_FROM_ENVIRONMENT: [&str; 8] = [
    "requests_per_second",
    "requests_per_day",
    "walkers",
    "window_pages",
    "tries",
    "commit_calls",
    "summaries",
    "insecure_http",
];
/// Those whose values are text, whatever they look like: a lake may be called 2026.
const TEXTS_FROM_ENVIRONMENT: [&str; 18] = [
    "lake",
    "api_url",
    "oauth_url",
    "credentials",
    "account",
    "plan",
    "daily_budget",
    "settle",
    "commit_every",
    "freeze_before",
    "retry_delay",
    "view",
    "list_form",
    "timezone",
    "queries",
    "reports",
    "memory_limit",
    "file_mode",
];

/// The settings, complete.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The lake: a folder or a URL.
    pub(crate) lake: String,
    /// Base URL of the API.
    pub(crate) api_url: Url,
    /// Base URL of the token endpoint.
    pub(crate) oauth_url: Url,
    /// Whether the API and the token endpoint may be asked without HTTPS, on any host.
    pub(crate) insecure_http: bool,
    /// File with the credentials.
    pub(crate) credentials: Option<PathBuf>,
    /// The sub-account whose calls are read.
    pub(crate) account: Option<String>,
    /// The account's plan, for its limits.
    plan: AccountPlan,
    /// Requests per second, where they are not the plan's.
    requests_per_second: Option<NonZeroU32>,
    /// Requests per UTC day, where they are not the plan's.
    requests_per_day: Option<NonZeroU32>,
    /// How many of the day's requests to take, such as `80%` or `12000`.
    daily_budget: String,
    /// How long after a moment it has to be fetched to be settled, such as `24h`.
    settle: String,
    /// How long what came may wait to be written, such as `30s`.
    commit_every: String,
    /// How many calls may wait to be written.
    pub(crate) commit_calls: NonZeroU32,
    /// Days before this UTC date are closed books.
    pub(crate) freeze_before: Option<NaiveDate>,
    /// Windows fetched concurrently; unset for as many as the request rate allows.
    pub(crate) walkers: Option<NonZeroU16>,
    /// Most pages of a window.
    pub(crate) window_pages: NonZeroU16,
    /// Maximum attempts per request on transient errors.
    pub(crate) tries: NonZeroU16,
    /// Delay before the second attempt, such as `500ms`.
    retry_delay: String,
    /// How much to ask of each call.
    pub(crate) view: ViewName,
    /// Form of lists in requests.
    pub(crate) list_form: ListFormName,
    /// Settings of syncs alone.
    #[serde(default)]
    pub(crate) sync: SyncSettings,
    /// IANA time zone of days, hours and periods.
    timezone: String,
    /// Folder of named questions beside those that are shipped.
    pub(crate) queries: Option<PathBuf>,
    /// Folder of reports beside those that are built in.
    pub(crate) reports: Option<PathBuf>,
    /// Reports that make themselves.
    #[serde(default)]
    pub(crate) schedule: Vec<ScheduleSettings>,
    /// How mail is sent.
    pub(crate) mail: Option<MailSettings>,
    /// Whether to keep daily summaries of the calls, and to answer from them.
    pub(crate) summaries: bool,
    /// What answers may use of memory, such as `2GB`.
    memory_limit: Option<String>,
    /// Permissions of files that are written, such as `0640`.
    pub(crate) file_mode: String,
    /// Classes of `result` values that differ from the shipped mapping.
    pub(crate) result_classes: BTreeMap<String, String>,
    /// ISO 4217 codes of currency symbols that are ambiguous or unknown, or that mean another
    /// currency here.
    charges: BTreeMap<String, String>,
    /// Settings that send secrets to a place which only a file in the working folder names.
    #[serde(skip)]
    unnamed: Unnamed,
}

/// The `[sync]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SyncSettings {
    /// Conditions on the calls that the lake is to hold.
    pub(crate) filter: FilterArgs,
}

/// The live API, and the limits of the smallest plan.
#[derive(Serialize)]
struct Defaults {
    lake: &'static str,
    api_url: &'static str,
    oauth_url: &'static str,
    insecure_http: bool,
    plan: AccountPlan,
    daily_budget: &'static str,
    settle: &'static str,
    commit_every: &'static str,
    commit_calls: u32,
    window_pages: u16,
    tries: u16,
    retry_delay: &'static str,
    view: ViewName,
    list_form: ListFormName,
    timezone: &'static str,
    summaries: bool,
    file_mode: &'static str,
    result_classes: BTreeMap<String, String>,
    charges: BTreeMap<String, String>,
}

const DEFAULTS: Defaults = Defaults {
    lake: "data",
    api_url: "https://api.zoom.us/v2",
    oauth_url: "https://zoom.us",
    insecure_http: false,
    plan: AccountPlan::Pro,
    daily_budget: "80%",
    settle: "24h",
    commit_every: "30s",
    commit_calls: 20_000,
    window_pages: 60,
    tries: 7,
    retry_delay: "500ms",
    view: ViewName::Detail,
    list_form: ListFormName::Repeated,
    timezone: "UTC",
    summaries: true,
    file_mode: DEFAULT_FILE_MODE,
    result_classes: BTreeMap::new(),
    charges: BTreeMap::new(),
};

/// What the flags of a command say; what they do not say is left out.
#[derive(Default, Serialize)]
struct Flags<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    lake: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_url: Option<&'a Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insecure_http: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<AccountPlan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_second: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_day: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    daily_budget: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_every: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit_calls: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    freeze_before: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walkers: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window_pages: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_delay: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<ViewName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_form: Option<ListFormName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queries: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summaries: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_limit: Option<&'a str>,
}

impl<'a> Flags<'a> {
    fn of_lake(lake: &'a LakeArgs) -> Self {
        Self { lake: lake.lake.as_deref(), ..Self::default() }
    }

    fn of_reports(own: &'a OwnArgs) -> Self {
        Self { reports: own.reports.as_deref(), queries: own.queries.as_deref(), ..Self::default() }
    }

    /// What the flags say of the API and of how much to ask it.
    fn of_api(lake: &'a LakeArgs, api: &'a ApiArgs, quota: &'a QuotaArgs) -> Self {
        Self {
            api_url: api.api_url.as_ref(),
            oauth_url: api.oauth_url.as_ref(),
            insecure_http: api.insecure_http.then_some(true),
            credentials: api.credentials.as_deref(),
            account: api.account.as_deref(),
            list_form: api.list_form,
            plan: quota.plan,
            requests_per_second: quota.requests_per_second,
            requests_per_day: quota.requests_per_day,
            daily_budget: quota.daily_budget.as_deref(),
            ..Self::of_lake(lake)
        }
    }
}

impl<'a> From<&'a Command> for Flags<'a> {
    fn from(command: &'a Command) -> Self {
        match command {
            Command::Sync(args) => Self {
                settle: args.settle.as_deref(),
                commit_every: args.commit_every.as_deref(),
                commit_calls: args.commit_calls,
                freeze_before: args.freeze.freeze_before,
                walkers: args.concurrency,
                window_pages: args.window_pages,
                tries: args.max_attempts,
                retry_delay: args.retry_delay.as_deref(),
                view: args.view,
                ..Self::of_api(&args.lake, &args.api, &args.quota)
            },
            Command::Lookup(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Rescope(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Doctor(args) => Self::of_api(&args.lake, &args.api, &args.quota),
            Command::Status(args) => Self { settle: args.settle.as_deref(), ..Self::of_lake(&args.lake) },
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
                timezone: args.about.timezone.as_deref(),
                queries: args.queries.as_deref(),
                summaries: args.answer.no_summaries.then_some(false),
                memory_limit: args.answer.memory_limit.as_deref(),
                ..Self::of_lake(&args.lake)
            },
            Command::Sql(args) => Self {
                timezone: args.timezone.as_deref(),
                queries: args.queries.as_deref(),
                summaries: args.no_summaries.then_some(false),
                memory_limit: args.memory_limit.as_deref(),
                ..Self::of_lake(&args.lake)
            },
            Command::Report(args) => match &args.action {
                ReportAction::List { own }
                | ReportAction::Describe { own, .. }
                | ReportAction::Check { own, .. } => Self::of_reports(own),
                ReportAction::Run(args) => Self {
                    lake: args.lake.lake.as_deref(),
                    timezone: args.timezone.as_deref(),
                    ..Self::of_reports(&args.own)
                },
            },
            Command::Schedule(args) => {
                let common = args.action.common();
                Self { lake: common.lake.lake.as_deref(), ..Self::of_reports(&common.own) }
            }
            Command::Bench(args) => {
                Self { memory_limit: args.memory_limit.as_deref(), ..Self::of_lake(&args.lake) }
            }
            // These go by their own lake, and the demo by its own API; the rest of the settings holds there too.
            Command::Demo(_) | Command::Generate(_) | Command::Sim(_) | Command::Completions { .. } => {
                Self::default()
            }
        }
    }
}

/// Settings of a file that was picked up from the working folder and that send secrets elsewhere.
#[derive(Clone, Debug, Default)]
struct Unnamed {
    api: Vec<&'static str>,
    mail: Vec<&'static str>,
    webhook: Vec<&'static str>,
}

/// Recipient of a secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Recipient {
    Api,
    Mail,
    Webhook,
}

impl Unnamed {
    /// Those in `file` that are in force, as `settings` has them.
    fn in_file(file: &Path, settings: &Settings) -> Self {
        // A file that cannot be read gave no settings.
        let text = text_file::read(file).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        let has_url = |key: &str, url: &Url| {
            let in_file = table.get(key).and_then(|value| value.as_str()?.parse::<Url>().ok());
            in_file.as_ref() == Some(url) && !is_trusted(url)
        };
        let has_flag = table.get("insecure_http").and_then(toml::Value::as_bool) == Some(true);
        let api = [
            ("api_url", has_url("api_url", &settings.api_url)),
            ("oauth_url", has_url("oauth_url", &settings.oauth_url)),
            ("insecure_http", has_flag && settings.insecure_http),
        ];
        let mail = settings.mail.as_ref().is_some_and(|mail| mail.password.is_some() && !mail.is_local());
        let mut deliveries = settings.schedule.iter().flat_map(|schedule| &schedule.deliver);
        let webhook = deliveries.any(|delivery| delivery.authorization.is_some());
        Self {
            api: api.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect(),
            mail: mail.then_some("[mail]").into_iter().collect(),
            webhook: webhook.then_some("a webhook with authorization").into_iter().collect(),
        }
    }
}

/// The error of settings that cannot be used: where the value is from, which one, and why.
fn unusable(error: &figment::Error, file: Option<&Path>) -> UsageError {
    let source = match (error.metadata.as_ref().map(|from| from.name.as_ref()), file) {
        (Some(name), Some(file)) if name.contains("TOML") => file.display().to_string(),
        (Some(name), _) if name.contains("environment") => "the environment".to_owned(),
        _ => "the configuration".to_owned(),
    };
    let setting = error.path.join(".");
    let setting = if setting.is_empty() { String::new() } else { format!(", {setting}") };
    let line = match file.filter(|file| source == file.display().to_string()) {
        Some(file) => text_file::read(file).ok().and_then(|text| names::line_of_error(&text, error)),
        None => None,
    };
    let line = line.map_or_else(String::new, |line| format!(", line {line}"));
    let reason = match &error.kind {
        figment::error::Kind::UnknownField(name, known) => names::unknown_field(name, known),
        other => other.to_string(),
    };
    UsageError(format!("{source}{line}{setting}: {reason}"))
}

/// Whether a URL is of the vendor or of this machine.
fn is_trusted(url: &Url) -> bool {
    const VENDOR: [&str; 2] = ["zoom.us", "zoomgov.com"];
    let host = url.host_str().unwrap_or_default();
    let is_vendor = VENDOR
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    voxlake_fetch::is_loopback(url) || is_vendor && url.scheme() == "https"
}

/// The text settings that the environment gives.
fn texts_from_environment() -> Serialized<BTreeMap<&'static str, String>> {
    let given = TEXTS_FROM_ENVIRONMENT.into_iter().filter_map(|name| {
        let value = std::env::var(format!("VOXLAKE_{}", name.to_ascii_uppercase())).ok()?;
        (!value.is_empty()).then_some((name, value))
    });
    Serialized::defaults(given.collect())
}

impl Settings {
    /// Loads the settings for a command. `file` is the configuration file where one was named.
    pub(crate) fn load(file: Option<&Path>, command: &Command) -> anyhow::Result<Self> {
        let (default, is_named) = (Path::new(DEFAULT_FILE), file.is_some());
        let file = match file {
            Some(file) if file.is_file() => Some(file),
            Some(file) => {
                return Err(UsageError(format!("there is no configuration file {}", file.display())).into());
            }
            None => default.is_file().then_some(default),
        };
        let mut figment = Figment::from(Serialized::defaults(DEFAULTS));
        if let Some(file) = file {
            let text = text_file::read(file)?;
            names::check_file(file, &text)?;
            figment = figment.merge(Toml::string(&text));
        }
        for problem in
            names::unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
        {
            stderr_line!("warning: {problem}");
        }
        let mut settings: Self = figment
            .merge(Env::prefixed("VOXLAKE_").only(&VALUES_FROM_ENVIRONMENT))
            .merge(texts_from_environment())
            .merge(Serialized::defaults(Flags::from(command)))
            .extract()
            .map_err(|error| unusable(&error, file))?;
        settings.settle()?;
        settings.commit_every()?;
        settings.retry_delay()?;
        settings.daily_budget()?;
        settings.timezone()?;
        settings.memory_limit()?;
        settings.currency_symbols()?;
        if let Some(file) = file.filter(|_| !is_named) {
            settings.unnamed = Unnamed::in_file(file, &settings);
        }
        Ok(settings)
    }

    /// Refuses to send credentials to a host that only a file in the working folder names: the file's author could
    /// collect them.
    pub(crate) fn check_recipient(&self, recipient: Recipient) -> Result<(), UsageError> {
        let names = match recipient {
            Recipient::Api => &self.unnamed.api,
            Recipient::Mail => &self.unnamed.mail,
            Recipient::Webhook => &self.unnamed.webhook,
        };
        match names.as_slice() {
            [] => Ok(()),
            names => Err(UsageError(format!(
                "{} in {DEFAULT_FILE} of this folder sends credentials where only this file says: if that is right, \
                 name the file by --config {DEFAULT_FILE} (or VOXLAKE_CONFIG)",
                names.join(" and ")
            ))),
        }
    }

    /// How long after a moment it has to be fetched to be settled.
    pub(crate) fn settle(&self) -> anyhow::Result<TimeDelta> {
        let settle = duration("settle", &self.settle, "24h")?;
        TimeDelta::from_std(settle)
            .map_err(|_| UsageError(format!("settle {:?} is too long", self.settle)).into())
    }

    /// How long what came may wait to be written.
    pub(crate) fn commit_every(&self) -> anyhow::Result<Duration> {
        duration("commit_every", &self.commit_every, "30s")
    }

    /// Delay before the second try of a request.
    pub(crate) fn retry_delay(&self) -> anyhow::Result<Duration> {
        duration("retry_delay", &self.retry_delay, "500ms")
    }

    /// Requests per second that the account allows.
    pub(crate) fn requests_per_second(&self) -> NonZeroU32 {
        self.requests_per_second.unwrap_or(match self.plan {
            AccountPlan::Pro => const { NonZeroU32::new(5).unwrap() },
            AccountPlan::Business => const { NonZeroU32::new(10).unwrap() },
        })
    }

    /// Requests per UTC day that the account allows.
    pub(crate) fn requests_per_day(&self) -> u64 {
        u64::from(self.requests_per_day.map_or(
            match self.plan {
                AccountPlan::Pro => 15_000,
                AccountPlan::Business => 30_000,
            },
            NonZeroU32::get,
        ))
    }

    /// Requests per UTC day that this program may make.
    pub(crate) fn daily_budget(&self) -> anyhow::Result<u64> {
        let text = self.daily_budget.trim();
        let wrong = |why: &str| {
            UsageError(format!(
                "daily_budget {text:?} {why}: write a share such as 80%, or a number such as 12000"
            ))
        };
        let per_day = self.requests_per_day();
        let budget = match text.strip_suffix('%') {
            Some(share) => {
                let share: u64 = share.trim().parse().map_err(|_| wrong("is no whole share"))?;
                if share > 100 {
                    return Err(wrong("is more than there is").into());
                }
                per_day * share / 100
            }
            None => text.replace(['_', ','], "").parse().map_err(|_| wrong("is no number of requests"))?,
        };
        if budget == 0 {
            return Err(wrong("leaves no request").into());
        }
        if budget > per_day {
            return Err(
                wrong(&format!("is more than the {per_day} requests that the plan allows a day")).into()
            );
        }
        Ok(budget)
    }

    /// Bytes that answers may use of memory; none: no limit.
    pub(crate) fn memory_limit(&self) -> anyhow::Result<Option<usize>> {
        let Some(text) = &self.memory_limit else { return Ok(None) };
        let wrong = |why: &str| {
            UsageError(format!(
                "memory_limit {text:?} {why}: write a number with its unit, such as 512MB or 2GB"
            ))
        };
        let size: ByteSize = text.trim().parse().map_err(|_| wrong("is no size"))?;
        match usize::try_from(size.as_u64()).map_err(|_| wrong("is more than this machine can address"))? {
            0 => Err(wrong("leaves no memory").into()),
            bytes => Ok(Some(bytes)),
        }
    }

    /// Currencies of the symbols in charges and rates.
    pub(crate) fn currency_symbols(&self) -> anyhow::Result<CurrencySymbols> {
        CurrencySymbols::try_new(&self.charges)
            .map_err(|error| UsageError(format!("[charges] cannot be used: {error}")).into())
    }

    /// The time zone of days, hours and periods.
    pub(crate) fn timezone(&self) -> anyhow::Result<Tz> {
        self.timezone.parse().map_err(|_| {
            let zone = &self.timezone;
            UsageError(format!("{zone:?} is no IANA time zone such as Europe/Berlin or America/New_York"))
                .into()
        })
    }
}

fn duration(name: &str, text: &str, example: &str) -> anyhow::Result<Duration> {
    humantime::parse_duration(text).map_err(|error| {
        UsageError(format!("{name} {text:?} is no duration such as {example}: {error}")).into()
    })
}
