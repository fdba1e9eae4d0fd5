//! Settings of a command, from `voxlake.toml`, the environment and the command-line options.
//! Options override the environment, which overrides the file.
//!
//! [`flags`] has the settings from the options; `voxlake-config` reads the other sources.

mod flags;

use std::path::Path;

use voxlake_config::{ConfigError, ConfigSources, DEFAULT_FILE, EnvironmentSettings};
pub(crate) use voxlake_config::{Recipient, Settings};
use voxlake_lake::StoreOptions;
use voxlake_shell::stderr_line;

use crate::args::Command;
use crate::exit::UsageError;

/// Prefix of the variables that are settings.
const PREFIX: &str = "VOXLAKE_";
/// Variables with this prefix that are not settings.
const OTHER_VARIABLES: [&str; 4] = ["config", "log", "pager", "test_now"];

/// Loads the settings of a command. `file` is the configuration file that the user named, if any.
pub(crate) fn load(file: Option<&Path>, command: &Command) -> Result<Settings, ConfigError> {
    let environment =
        EnvironmentSettings::new(PREFIX, std::env::vars_os()).with_other_names(&OTHER_VARIABLES);
    let sources = ConfigSources::new(file.map(Into::into), environment)
        .with_store(StoreOptions::from_variables(variables()))
        .with_options(command.into());
    Settings::load(sources, &mut |warning| stderr_line!("warning: {warning}"))
}

/// Returns the variables of the process. Those that are not Unicode cannot be options or secrets.
pub(crate) fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Returns an error if only a file in the working folder names the recipient of a secret.
pub(crate) fn check_recipient(settings: &Settings, recipient: Recipient) -> Result<(), UsageError> {
    settings.check_recipient(recipient).map_err(add_trust_hint)
}

/// Adds to the error of an untrusted file how the user can trust it.
pub(crate) fn add_trust_hint(error: ConfigError) -> UsageError {
    match error {
        ConfigError::Untrusted { .. } | ConfigError::UntrustedDelivery { .. } => UsageError(format!(
            "{error}: if you trust it, name the file by --config {DEFAULT_FILE} (or VOXLAKE_CONFIG)"
        )),
        error => error.into(),
    }
}
