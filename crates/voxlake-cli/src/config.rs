//! Settings of a command, from `voxlake.toml`, the environment and the command-line options.
//! Options override the environment, which overrides the file.
//!
//! - [`load`](mod@load): sources of settings, and their order
//! - [`environment`]: settings from variables
//! - [`table`]: names, unparsed types and sources of all settings
//! - [`resolve`]: parsing and defaults of [`settings`]; [`plan`], [`file_mode`]
//! - [`names`]: errors with the line and the nearest name
//! - [`trust`]: check of settings in the working folder that would send secrets elsewhere
//! - [`flags`]: settings from the command-line options

mod environment;
mod error;
mod file_mode;
mod flags;
mod load;
mod names;
mod plan;
mod resolve;
mod settings;
mod table;
mod trust;

use std::path::Path;

use voxlake_shell::stderr_line;

pub(crate) use self::environment::Environment;
pub(crate) use self::error::ConfigError;
pub(crate) use self::load::ConfigSources;
pub(crate) use self::plan::AccountPlan;
pub(crate) use self::settings::Settings;
pub(crate) use self::table::{DEFAULT_FILE, RawSettings};
pub(crate) use self::trust::Recipient;
use crate::args::Command;
use crate::exit::UsageError;

/// Prefix of the variables that are settings.
const PREFIX: &str = "VOXLAKE_";
/// Variables with this prefix that are not settings.
const OTHER_VARIABLES: [&str; 4] = ["config", "log", "pager", "test_now"];

/// Loads the settings of a command. `file` is the configuration file that the user named, if any.
pub(crate) fn load(file: Option<&Path>, command: &Command) -> Result<Settings, ConfigError> {
    let environment = Environment::new(PREFIX, std::env::vars_os()).with_other_names(&OTHER_VARIABLES);
    let sources = ConfigSources::new(file.map(Into::into), environment).with_options(command.into());
    Settings::load(sources, &mut |warning| stderr_line!("warning: {warning}"))
}

/// Returns an error if only a file in the working folder names the recipient of a secret.
pub(crate) fn check_recipient(settings: &Settings, recipient: Recipient) -> Result<(), UsageError> {
    settings.check_recipient(recipient).map_err(|error| match error {
        ConfigError::Untrusted { .. } => UsageError(format!(
            "{error}: if you trust it, name the file by --config {DEFAULT_FILE} (or VOXLAKE_CONFIG)"
        )),
        error => error.into(),
    })
}
