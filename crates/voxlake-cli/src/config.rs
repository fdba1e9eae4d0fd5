//! Settings of a command, from `voxlake.toml`, the environment and the command-line options.
//! Options override the environment, which overrides the file.
//!
//! - [`table`]: names, unparsed types and sources of all settings
//! - [`flags`]: settings from the options
//! - [`resolve`]: parsing and defaults
//! - [`names`]: errors with the line and the nearest name
//! - [`trust`]: check of settings in the working folder that would send secrets elsewhere

mod flags;
mod names;
mod resolve;
mod table;
mod trust;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use url::Url;
use voxlake_fetch::{FilterSettings, ListForm, ViewType};
use voxlake_model::CurrencySymbols;
use voxlake_query::read_text_file;
use voxlake_schedule::ScheduleConfig;
use voxlake_schedule::delivery::MailConfig;

use self::table::{DEFAULT_FILE, RawSettings, Source};
pub(crate) use self::trust::Recipient;
use self::trust::{EffectiveSettings, Untrusted};
use crate::args::Command;
use crate::exit::UsageError;
use voxlake_shell::stderr_line;

/// Settings, parsed and complete.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Folder or URL of the lake.
    pub(crate) lake: String,
    /// Base URL of the API.
    pub(crate) api_url: Url,
    /// Base URL of the token endpoint.
    pub(crate) oauth_url: Url,
    /// True if URLs without HTTPS are allowed on any host.
    pub(crate) insecure_http: bool,
    /// File with the credentials.
    pub(crate) credentials: Option<PathBuf>,
    /// Sub-account whose calls are read.
    pub(crate) account: Option<String>,
    /// Requests per second that the account allows.
    pub(crate) requests_per_second: NonZeroU32,
    /// Requests per UTC day that this program may make.
    pub(crate) daily_budget: u64,
    /// Age at which data is final: younger data is fetched again.
    pub(crate) settle: TimeDelta,
    /// Maximum time between two commits.
    pub(crate) commit_every: Duration,
    /// Maximum number of calls between two commits.
    pub(crate) commit_calls: usize,
    /// First UTC date that is not frozen.
    pub(crate) freeze_before: Option<NaiveDate>,
    /// Number of concurrent windows. `None`: enough to use the whole rate limit.
    pub(crate) walkers: Option<usize>,
    /// Maximum pages per window.
    pub(crate) window_pages: u16,
    /// Maximum attempts per request.
    pub(crate) tries: u16,
    /// Delay before the second attempt.
    pub(crate) retry_delay: Duration,
    /// Level of detail of the calls to request.
    pub(crate) view: ViewType,
    /// Encoding of lists in the query string of requests.
    pub(crate) list_form: ListForm,
    /// Filters of a sync: the lake holds only calls that pass them.
    pub(crate) sync_filter: FilterSettings,
    /// Time zone of days, hours and periods.
    pub(crate) timezone: Tz,
    /// Folder of the user's named queries.
    pub(crate) queries: Option<PathBuf>,
    /// Folder of the user's reports.
    pub(crate) reports: Option<PathBuf>,
    /// Scheduled reports.
    pub(crate) schedule: Vec<ScheduleConfig>,
    /// Mail server.
    pub(crate) mail: Option<MailConfig>,
    /// True if summaries are built and used.
    pub(crate) summaries: bool,
    /// Memory limit of queries in bytes.
    pub(crate) memory_limit: Option<usize>,
    /// Permissions of new files.
    pub(crate) file_mode: u32,
    /// Classes of `result` values, where they differ from the defaults.
    pub(crate) result_classes: BTreeMap<String, String>,
    /// Currency of each symbol that occurs in charges and rates.
    pub(crate) currency_symbols: CurrencySymbols,
    untrusted: Untrusted,
}

impl Settings {
    /// Loads the settings of a command. `file` is the configuration file that the user named, if
    /// any.
    pub(crate) fn load(file: Option<&Path>, command: &Command) -> anyhow::Result<Self> {
        let (default, is_named) = (Path::new(DEFAULT_FILE), file.is_some());
        let file = match file {
            Some(file) if file.is_file() => Some(file),
            Some(file) => {
                return Err(UsageError(format!("there is no configuration file {}", file.display())).into());
            }
            None => default.is_file().then_some(default),
        };
        let mut figment = Figment::new();
        if let Some(file) = file {
            let text = read_text_file(file)?;
            names::check_file(file, &text)?;
            figment = figment.merge(Toml::string(&text));
        }
        for warning in
            names::unknown_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
        {
            stderr_line!("warning: {warning}");
        }
        let value_names: Vec<&str> = table::names(&[Source::Value]).collect();
        let raw: RawSettings = figment
            .merge(Env::prefixed("VOXLAKE_").only(&value_names))
            .merge(text_variables())
            .merge(Serialized::defaults(RawSettings::from(command)))
            .extract()
            .map_err(|error| invalid_setting(&error, file))?;
        let mut settings = Self::resolve(raw)?;
        if let Some(file) = file.filter(|_| !is_named) {
            let effective = EffectiveSettings {
                api_url: &settings.api_url,
                oauth_url: &settings.oauth_url,
                insecure_http: settings.insecure_http,
                mail: settings.mail.as_ref(),
                schedule: &settings.schedule,
            };
            settings.untrusted = Untrusted::find(file, &effective);
        }
        Ok(settings)
    }

    /// Returns an error if only a file in the working folder names the recipient of a secret. The
    /// user may not know that file.
    pub(crate) fn check_recipient(&self, recipient: Recipient) -> Result<(), UsageError> {
        self.untrusted.check(recipient)
    }
}

/// Converts an error of figment. The text has the source, line and name of the setting.
fn invalid_setting(error: &figment::Error, file: Option<&Path>) -> UsageError {
    let source = match (error.metadata.as_ref().map(|from| from.name.as_ref()), file) {
        (Some(name), Some(file)) if name.contains("TOML") => file.display().to_string(),
        (Some(name), _) if name.contains("environment") => "the environment".to_owned(),
        _ => "the configuration".to_owned(),
    };
    let setting = error.path.join(".");
    let setting = if setting.is_empty() { String::new() } else { format!(", {setting}") };
    let line = match file.filter(|file| source == file.display().to_string()) {
        Some(file) => read_text_file(file).ok().and_then(|text| names::line_of_error(&text, error)),
        None => None,
    };
    let line = line.map_or_else(String::new, |line| format!(", line {line}"));
    let reason = match &error.kind {
        figment::error::Kind::UnknownField(name, known) => names::unknown_field(name, known),
        other => other.to_string(),
    };
    UsageError(format!("{source}{line}{setting}: {reason}"))
}

/// Returns the text settings of the environment. Figment would parse some as numbers.
fn text_variables() -> Serialized<BTreeMap<&'static str, String>> {
    let given = table::names(&[Source::Text]).filter_map(|name| {
        let value = std::env::var(format!("VOXLAKE_{}", name.to_ascii_uppercase())).ok()?;
        (!value.is_empty()).then_some((name, value))
    });
    Serialized::defaults(given.collect())
}
