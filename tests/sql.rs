//! `voxlake sql`: scripts, the prompt in a pseudo-terminal, and the session in the README.

mod script;
#[cfg(unix)]
pub(crate) mod terminal;

use std::path::Path;

use tokio::process::Command;

use crate::support::{sample, voxlake};

/// Returns `voxlake sql` over the sample, in a temporary folder that is also the home.
fn sql(folder: &Path, args: &[&str]) -> Command {
    let mut command = voxlake(folder);
    command.args(["sql", "--lake"]).arg(sample()).args(args);
    command.env("HOME", folder).env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
    command
}
