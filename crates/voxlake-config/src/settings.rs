//! Settings as commands use them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use url::Url;
use voxlake_fetch::{FilterSettings, ListForm, ViewType};
use voxlake_lake::{LakeLocation, StoreOptions};
use voxlake_model::CurrencySymbols;
use voxlake_schedule::ScheduleConfig;
use voxlake_schedule::delivery::MailConfig;

use crate::cluster::ClusterFiles;
use crate::error::ConfigError;
use crate::trust::{Recipient, Untrusted};

/// Settings, parsed and complete.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Location of the lake, with the options of its object store.
    pub lake: LakeLocation,
    /// Base URL of the API.
    pub api_url: Url,
    /// Base URL of the token endpoint.
    pub oauth_url: Url,
    /// True if URLs without HTTPS are allowed on any host.
    pub insecure_http: bool,
    /// File with the credentials.
    pub credentials: Option<PathBuf>,
    /// Sub-account whose calls are read.
    pub account: Option<String>,
    /// Requests per second that the account allows.
    pub requests_per_second: NonZeroU32,
    /// Requests per UTC day that this program may make.
    pub daily_budget: u64,
    /// Age at which data is final: younger data is fetched again.
    pub settle: TimeDelta,
    /// Maximum time between two commits.
    pub commit_every: Duration,
    /// Maximum number of calls between two commits.
    pub commit_calls: usize,
    /// First UTC date that is not frozen.
    pub freeze_before: Option<NaiveDate>,
    /// Number of concurrent windows. `None`: enough to use the whole rate limit.
    pub walkers: Option<usize>,
    /// Maximum pages per window.
    pub window_pages: u16,
    /// Maximum attempts per request.
    pub tries: u16,
    /// Delay before the second attempt.
    pub retry_delay: Duration,
    /// Level of detail of the calls to request.
    pub view: ViewType,
    /// Encoding of lists in the query string of requests.
    pub list_form: ListForm,
    /// Filters of a sync: the lake holds only calls that pass them.
    pub sync_filter: FilterSettings,
    /// Time for which replaced versions of a published table stay readable. `None`: that of the
    /// table.
    pub publish_keep: Option<TimeDelta>,
    /// Time zone of days, hours and periods.
    pub timezone: Tz,
    /// Folder of the user's named queries.
    pub queries: Option<PathBuf>,
    /// Folder of the user's reports.
    pub reports: Option<PathBuf>,
    /// Scheduled reports.
    pub schedule: Vec<ScheduleConfig>,
    /// Mail server.
    pub mail: Option<MailConfig>,
    /// True if summaries are built and used.
    pub summaries: bool,
    /// URL of the cluster that answers queries; `None` or `local` for none.
    pub engine: Option<String>,
    /// Files with the certificates of the cluster; `None` for a cluster without TLS.
    pub cluster: Option<ClusterFiles>,
    /// Memory limit of queries in bytes.
    pub memory_limit: Option<usize>,
    /// Permissions of new files.
    pub file_mode: u32,
    /// Classes of `result` values, where they differ from the defaults.
    pub result_classes: BTreeMap<String, String>,
    /// Currency of each symbol that occurs in charges and rates.
    pub currency_symbols: CurrencySymbols,
    /// Options of the object store, for other lakes than [`lake`](Self::lake).
    pub(crate) store: StoreOptions,
    pub(crate) untrusted: Untrusted,
}

impl Settings {
    /// Checks that the user knows the recipient of a secret.
    ///
    /// # Errors
    /// [`ConfigError::Untrusted`] if only a file in the working folder names it. The user may not
    /// know that file.
    pub fn check_recipient(&self, recipient: Recipient) -> Result<(), ConfigError> {
        self.untrusted.check(recipient)
    }

    /// Returns the location of a lake, with the options of its object store.
    ///
    /// # Errors
    /// [`ConfigError::Untrusted`] if only a file in the working folder names the endpoint.
    pub fn lake_at(&self, location: &str) -> Result<LakeLocation, ConfigError> {
        let location = LakeLocation::from(location);
        if !location.is_remote() {
            return Ok(location);
        }
        self.check_recipient(Recipient::Store)?;
        Ok(location.with_options(self.store.clone()))
    }

    /// Options of object stores.
    #[must_use]
    pub fn store_options(&self) -> &StoreOptions {
        &self.store
    }
}
