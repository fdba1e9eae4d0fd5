//! What is meant: settings from `voxlake.toml`, then the environment, then flags; the later wins.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use chrono_tz::Tz;
use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::args::{Command, ViewName};
use crate::exit::UsageError;

/// The file that is read without being named.
const DEFAULT_FILE: &str = "voxlake.toml";
/// Settings that a variable `VOXLAKE_<NAME>` may give; other such variables are not ours to judge.
const NUMBERS_FROM_ENVIRONMENT: [&str; 3] = ["requests_per_second", "walkers", "tries"];
/// Those whose values are text, whatever they look like: a lake may be called 2026.
const TEXTS_FROM_ENVIRONMENT: [&str; 7] =
    ["lake", "api_url", "oauth_url", "credentials", "settle", "view", "timezone"];

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
    /// File with the credentials.
    pub(crate) credentials: Option<PathBuf>,
    /// How long after a moment it has to be fetched to be settled, such as `24h`.
    settle: String,
    /// Requests per second.
    pub(crate) requests_per_second: NonZeroU32,
    /// Days fetched at once.
    pub(crate) walkers: NonZeroU16,
    /// Most tries of a request that fails in passing.
    pub(crate) tries: NonZeroU16,
    /// How much to ask of each call.
    pub(crate) view: ViewName,
    /// IANA time zone of days, hours and periods.
    timezone: String,
    /// Classes of `result` values that differ from the shipped mapping.
    pub(crate) result_classes: BTreeMap<String, String>,
}

/// The live API, and a rate that every plan allows.
#[derive(Serialize)]
struct Defaults {
    lake: &'static str,
    api_url: &'static str,
    oauth_url: &'static str,
    settle: &'static str,
    requests_per_second: u32,
    walkers: u16,
    tries: u16,
    view: ViewName,
    timezone: &'static str,
    result_classes: BTreeMap<String, String>,
}

const DEFAULTS: Defaults = Defaults {
    lake: "data",
    api_url: "https://api.zoom.us/v2",
    oauth_url: "https://zoom.us",
    settle: "24h",
    requests_per_second: 5,
    walkers: 4,
    tries: 7,
    view: ViewName::Detail,
    timezone: "UTC",
    result_classes: BTreeMap::new(),
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
    credentials: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_second: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walkers: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<NonZeroU16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view: Option<ViewName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<&'a str>,
}

impl<'a> From<&'a Command> for Flags<'a> {
    fn from(command: &'a Command) -> Self {
        match command {
            Command::Sync(args) => Self {
                lake: args.lake.lake.as_deref(),
                api_url: args.api_url.as_ref(),
                oauth_url: args.oauth_url.as_ref(),
                credentials: args.credentials.as_deref(),
                settle: args.settle.as_deref(),
                requests_per_second: args.requests_per_second,
                walkers: args.walkers,
                tries: args.tries,
                view: args.view,
                timezone: None,
            },
            Command::Query(args) => Self {
                lake: args.lake.lake.as_deref(),
                timezone: args.timezone.as_deref(),
                ..Self::default()
            },
            // The demo goes by its own lake and its own API; the rest of the settings holds there too.
            Command::Demo(_) | Command::Sim(_) | Command::Completions { .. } => Self::default(),
        }
    }
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
        let default = Path::new(DEFAULT_FILE);
        let file = match file {
            Some(file) if file.is_file() => Some(file),
            Some(file) => {
                return Err(UsageError(format!("there is no configuration file {}", file.display())).into());
            }
            None => default.is_file().then_some(default),
        };
        let mut figment = Figment::from(Serialized::defaults(DEFAULTS));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let settings: Self = figment
            .merge(Env::prefixed("VOXLAKE_").only(&NUMBERS_FROM_ENVIRONMENT))
            .merge(texts_from_environment())
            .merge(Serialized::defaults(Flags::from(command)))
            .extract()
            .map_err(|error| UsageError(format!("the configuration cannot be used: {error}")))?;
        settings.settle()?;
        settings.timezone()?;
        Ok(settings)
    }

    /// How long after a moment it has to be fetched to be settled.
    pub(crate) fn settle(&self) -> anyhow::Result<TimeDelta> {
        let settle = humantime::parse_duration(&self.settle).map_err(|error| {
            UsageError(format!("settle {:?} is no duration such as 24h: {error}", self.settle))
        })?;
        TimeDelta::from_std(settle)
            .map_err(|_| UsageError(format!("settle {:?} is too long", self.settle)).into())
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
