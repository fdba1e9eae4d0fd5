//! Table of all settings, with the types of their text forms and their sources.

use std::collections::BTreeMap;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use url::Url;
use voxlake_fetch::{FilterSettings, ListForm, ViewType};
use voxlake_schedule::ScheduleConfig;
use voxlake_schedule::delivery::MailConfig;

use crate::plan::AccountPlan;
use crate::store::StoreSettings;

/// File that is read by default, if it exists.
pub const DEFAULT_FILE: &str = "voxlake.toml";

/// Place besides the file where a setting may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A variable of the environment with a number or a Boolean.
    Value,
    /// A variable of the environment with text, also if it looks like a number: a lake may be
    /// called 2026.
    Text,
    /// The file only.
    File,
}

/// Declares the settings: the struct of unparsed values, and the list of names.
macro_rules! settings_table {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty, $source:ident;)+) => {
        /// Unparsed settings of the file, the environment or the options of a command.
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[non_exhaustive]
        pub struct RawSettings {
            $(
                $(#[doc = $doc])+
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$kind>,
            )+
        }

        /// Name and source of each setting.
        pub(crate) const SETTINGS: &[(&str, Source)] = &[$((stringify!($name), Source::$source)),+];
    };
}

settings_table! {
    /// Folder or URL of the lake.
    lake: String, Text;
    /// Object store of the lake.
    store: StoreSettings, File;
    /// Base URL of the API.
    api_url: Url, Text;
    /// Base URL of the token endpoint.
    oauth_url: Url, Text;
    /// True if URLs without HTTPS are allowed on any host.
    insecure_http: bool, Value;
    /// File with the credentials.
    credentials: PathBuf, Text;
    /// Sub-account whose calls are read.
    account: String, Text;
    /// Plan of the account, for its limits.
    plan: AccountPlan, Text;
    /// Requests per second, if they differ from the plan's.
    requests_per_second: NonZeroU32, Value;
    /// Requests per UTC day, if they differ from the plan's.
    requests_per_day: NonZeroU32, Value;
    /// Share of the day's requests to use, such as `80%` or `12000`.
    daily_budget: String, Text;
    /// Settle time, such as `24h`.
    settle: String, Text;
    /// Maximum time between two commits, such as `30s`.
    commit_every: String, Text;
    /// Maximum number of calls between two commits.
    commit_calls: NonZeroU32, Value;
    /// First UTC date that is not frozen.
    freeze_before: NaiveDate, Text;
    /// Concurrent windows. Default: enough to use the allowed rate.
    walkers: NonZeroU16, Value;
    /// Maximum pages per window.
    window_pages: NonZeroU16, Value;
    /// Maximum attempts per request.
    tries: NonZeroU16, Value;
    /// Delay before the second attempt, such as `500ms`.
    retry_delay: String, Text;
    /// Detail of the calls to request.
    view: ViewType, Text;
    /// Form of lists in requests.
    list_form: ListForm, Text;
    /// Settings of syncs only.
    sync: SyncSettings, File;
    /// Settings of published tables only.
    publish: PublishSettings, File;
    /// IANA time zone of days, hours and periods.
    timezone: String, Text;
    /// Folder of the user's named queries.
    queries: PathBuf, Text;
    /// Folder of the user's reports.
    reports: PathBuf, Text;
    /// Scheduled reports.
    schedule: Vec<ScheduleConfig>, File;
    /// Mail server.
    mail: MailConfig, File;
    /// True if summaries are built and used.
    summaries: bool, Value;
    /// Cluster that answers queries, such as `ballista://127.0.0.1:50050`; `local` for none.
    engine: String, Text;
    /// Certificates of the cluster.
    cluster: ClusterSettings, File;
    /// Memory limit of queries, such as `2GB`.
    memory_limit: String, Text;
    /// Permissions of new files, such as `0640`.
    file_mode: String, Text;
    /// Classes of `result` values that differ from the shipped ones.
    result_classes: BTreeMap<String, String>, File;
    /// ISO 4217 codes of ambiguous or unknown currency symbols.
    charges: BTreeMap<String, String>, File;
}

/// The `[sync]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SyncSettings {
    /// Filters of the calls that the lake holds.
    pub filter: FilterSettings,
}

/// The `[cluster]` table: certificates of mutual TLS, all of them or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ClusterSettings {
    /// PEM file with the certificate of the authority that signs those of all processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<PathBuf>,
    /// PEM file with the certificate of this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// PEM file with the private key of this process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// The `[publish]` table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct PublishSettings {
    /// Time for which replaced versions stay readable, such as `7d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// Names of the settings with these sources.
pub(crate) fn names(sources: &[Source]) -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter(|(_, source)| sources.contains(source)).map(|(name, _)| *name)
}
