//! `voxlake sql`: scripts, the prompt in a pseudo-terminal, and the session in the README.

mod script;
#[cfg(unix)]
mod terminal;

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::support::voxlake;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns `voxlake sql` over the sample, in a temporary folder that is also the home.
fn sql(folder: &Path, args: &[&str]) -> Command {
    let mut command = voxlake(folder);
    command.args(["sql", "--lake"]).arg(root().join("data/sample")).args(args);
    command.env("HOME", folder).env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
    command
}
