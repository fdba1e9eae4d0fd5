//! Settings of Voxlake: the file `voxlake.toml`, the environment, and the options of a program.
//!
//! ```text
//! file ──▶ environment ──▶ options ──▶ RawSettings ──▶ Settings
//!         each overrides the one before             parsed, with defaults
//! ```
//!
//! - [`ConfigSources`]: the sources; [`Settings::load`] merges and parses them
//! - [`RawSettings`]: all settings in their text forms, as the file has them
//! - [`EnvironmentSettings`]: variables that set settings, and suggestions for misspelt ones
//! - [`Settings`]: the parsed settings
//! - [`Settings::parse_schedules`], [`Settings::session_options`]: settings as other crates take
//!   them
//! - [`Settings::check_recipient`], [`Settings::check_deliveries`]: refuse to send secrets to a
//!   [`Recipient`] that only a file in the working folder names
//! - [`Settings::api_config`], [`Settings::sync_options`]: options of the API client and of syncs
//! - [`StoreSettings`]: options of the lake's object store; [`Settings::lake_at`] adds them to a
//!   location
//! - [`load_credentials`]: credentials from variables or a file
//! - [`ConfigError`]: errors, with the line of the file and the nearest name
//!
//! The crate reads no variables and knows no options: the program passes them.
//!
//! # Example
//!
//! ```
//! use voxlake_config::{ConfigSources, EnvironmentSettings, RawSettings, Settings};
//!
//! let variables = [("APP_TIMEZONE", "Europe/Berlin"), ("APP_LAKE", "a")];
//! let environment = EnvironmentSettings::new("APP_", variables);
//! let mut options = RawSettings::default();
//! options.lake = Some("calls".to_owned());
//!
//! let sources = ConfigSources::new(None, environment).with_options(options);
//! let settings = Settings::load(sources, &mut |warning| eprintln!("{warning}"))?;
//! assert_eq!(settings.lake.as_str(), "calls");
//! assert_eq!(settings.timezone, chrono_tz::Europe::Berlin);
//! assert_eq!(settings.daily_budget, 12_000);
//! # Ok::<(), voxlake_config::ConfigError>(())
//! ```
//!
//! # Features
//!
//! None.

mod client;
mod cluster;
mod credentials;
mod environment;
mod error;
mod file_mode;
mod load;
mod names;
mod plan;
mod resolve;
mod schedules;
mod settings;
mod store;
mod store_options;
mod table;
mod trust;

pub use cluster::{ClusterCertificates, ClusterFiles};
pub use credentials::{CredentialsError, load_credentials};
pub use environment::EnvironmentSettings;
pub use error::ConfigError;
pub use load::ConfigSources;
pub use plan::AccountPlan;
pub use settings::Settings;
pub use store::StoreSettings;
pub use table::{ClusterSettings, DEFAULT_FILE, PublishSettings, RawSettings, SyncSettings};
pub use trust::Recipient;
