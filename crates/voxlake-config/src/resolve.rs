//! Settings as commands use them: parsed once, with defaults.

use std::num::NonZeroU32;
use std::time::Duration;

use bytesize::ByteSize;
use chrono::TimeDelta;
use url::Url;
use voxlake_lake::StoreOptions;
use voxlake_model::CurrencySymbols;
use voxlake_query::period::parse_time_zone;

use crate::cluster::ClusterFiles;
use crate::error::{ConfigError, invalid};
use crate::file_mode::{DEFAULT_FILE_MODE, file_mode};
use crate::settings::Settings;
use crate::store_options::resolve_store;
use crate::table::RawSettings;
use crate::trust::Untrusted;

const DEFAULT_LAKE: &str = "data";
const DEFAULT_API_URL: &str = "https://api.zoom.us/v2";
const DEFAULT_OAUTH_URL: &str = "https://zoom.us";
const DEFAULT_DAILY_BUDGET: &str = "80%";
const DEFAULT_SETTLE: &str = "24h";
const DEFAULT_COMMIT_EVERY: &str = "30s";
const DEFAULT_COMMIT_CALLS: u32 = 20_000;
const DEFAULT_WINDOW_PAGES: u16 = 60;
const DEFAULT_TRIES: u16 = 7;
const DEFAULT_RETRY_DELAY: &str = "500ms";
const DEFAULT_PUBLISH_KEEP: &str = "7d";
const DEFAULT_TIMEZONE: &str = "UTC";

impl Settings {
    /// Parses the settings, and adds the defaults: the live API, and the limits of the smallest
    /// plan.
    pub(crate) fn resolve(raw: RawSettings, store: &StoreOptions) -> Result<Self, ConfigError> {
        let limits = PlanLimits::resolve(&raw);
        Ok(Self {
            lake: raw.lake.as_deref().unwrap_or(DEFAULT_LAKE).into(),
            store: resolve_store(&raw.store.unwrap_or_default(), store)?,
            api_url: url(raw.api_url, DEFAULT_API_URL)?,
            oauth_url: url(raw.oauth_url, DEFAULT_OAUTH_URL)?,
            insecure_http: raw.insecure_http.unwrap_or(false),
            credentials: raw.credentials,
            account: raw.account,
            requests_per_second: limits.per_second,
            daily_budget: daily_budget(text(&raw.daily_budget, DEFAULT_DAILY_BUDGET), limits.per_day)?,
            settle: settle(text(&raw.settle, DEFAULT_SETTLE))?,
            commit_every: duration(
                "commit_every",
                text(&raw.commit_every, DEFAULT_COMMIT_EVERY),
                DEFAULT_COMMIT_EVERY,
            )?,
            commit_calls: raw.commit_calls.map_or(DEFAULT_COMMIT_CALLS, NonZeroU32::get) as usize,
            freeze_before: raw.freeze_before,
            walkers: raw.walkers.map(|walkers| usize::from(walkers.get())),
            window_pages: raw.window_pages.map_or(DEFAULT_WINDOW_PAGES, std::num::NonZeroU16::get),
            tries: raw.tries.map_or(DEFAULT_TRIES, std::num::NonZeroU16::get),
            retry_delay: duration(
                "retry_delay",
                text(&raw.retry_delay, DEFAULT_RETRY_DELAY),
                DEFAULT_RETRY_DELAY,
            )?,
            view: raw.view.unwrap_or_default(),
            list_form: raw.list_form.unwrap_or_default(),
            sync_filter: raw.sync.unwrap_or_default().filter,
            publish_keep: raw.publish.unwrap_or_default().keep.as_deref().map(publish_keep).transpose()?,
            timezone: parse_time_zone("timezone", text(&raw.timezone, DEFAULT_TIMEZONE))?,
            queries: raw.queries,
            reports: raw.reports,
            schedule: raw.schedule.unwrap_or_default(),
            mail: raw.mail,
            summaries: raw.summaries.unwrap_or(true),
            engine: raw.engine,
            cluster: raw.cluster.map(ClusterFiles::resolve).transpose()?.flatten(),
            memory_limit: raw.memory_limit.as_deref().map(memory_limit).transpose()?,
            file_mode: file_mode(text(&raw.file_mode, DEFAULT_FILE_MODE))?,
            result_classes: raw.result_classes.unwrap_or_default(),
            currency_symbols: CurrencySymbols::try_new(&raw.charges.unwrap_or_default())
                .map_err(|error| invalid(format!("[charges] cannot be used: {error}")))?,
            untrusted: Untrusted::default(),
        })
    }
}

fn text<'a>(given: &'a Option<String>, default: &'a str) -> &'a str {
    given.as_deref().unwrap_or(default)
}

fn url(given: Option<Url>, default: &str) -> Result<Url, ConfigError> {
    given.map_or_else(|| default.parse().map_err(|_| invalid(format!("{default:?} is no URL"))), Ok)
}

/// Requests that the plan of an account allows.
struct PlanLimits {
    per_second: NonZeroU32,
    per_day: u64,
}

impl PlanLimits {
    fn resolve(raw: &RawSettings) -> Self {
        let plan = raw.plan.unwrap_or_default();
        Self {
            per_second: raw.requests_per_second.unwrap_or(plan.requests_per_second()),
            per_day: raw
                .requests_per_day
                .map_or(plan.requests_per_day(), |requests| u64::from(requests.get())),
        }
    }
}

fn settle(text: &str) -> Result<TimeDelta, ConfigError> {
    let settle = duration("settle", text, DEFAULT_SETTLE)?;
    TimeDelta::from_std(settle).map_err(|_| invalid(format!("settle {text:?} is too long")))
}

fn publish_keep(text: &str) -> Result<TimeDelta, ConfigError> {
    let keep = duration("publish.keep", text, DEFAULT_PUBLISH_KEEP)?;
    TimeDelta::from_std(keep).map_err(|_| invalid(format!("publish.keep {text:?} is too long")))
}

/// Parses a share or a number of the requests of a day.
fn daily_budget(text: &str, per_day: u64) -> Result<u64, ConfigError> {
    let text = text.trim();
    let wrong = |why: &str| {
        invalid(format!("daily_budget {text:?} {why}: write a share such as 80%, or a number such as 12000"))
    };
    let budget = match text.strip_suffix('%') {
        Some(share) => {
            let share: u64 = share.trim().parse().map_err(|_| wrong("is no whole share"))?;
            if share > 100 {
                return Err(wrong("is more than there is"));
            }
            per_day * share / 100
        }
        None => text.replace(['_', ','], "").parse().map_err(|_| wrong("is no number of requests"))?,
    };
    if budget == 0 {
        return Err(wrong("leaves no request"));
    }
    if budget > per_day {
        return Err(wrong(&format!("is more than the {per_day} requests that the plan allows a day")));
    }
    Ok(budget)
}

/// Parses a size in bytes, such as `2GB`.
fn memory_limit(text: &str) -> Result<usize, ConfigError> {
    let wrong = |why: &str| {
        invalid(format!("memory_limit {text:?} {why}: write a number with its unit, such as 512MB or 2GB"))
    };
    let size: ByteSize = text.trim().parse().map_err(|_| wrong("is no size"))?;
    match usize::try_from(size.as_u64()).map_err(|_| wrong("is more than this machine can address"))? {
        0 => Err(wrong("leaves no memory")),
        bytes => Ok(bytes),
    }
}

fn duration(name: &str, text: &str, example: &str) -> Result<Duration, ConfigError> {
    humantime::parse_duration(text)
        .map_err(|error| invalid(format!("{name} {text:?} is no duration such as {example}: {error}")))
}
