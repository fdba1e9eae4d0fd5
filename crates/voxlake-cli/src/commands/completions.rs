//! `voxlake completions`: the completion script of a shell.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::exit::Exit;

pub(crate) fn run(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "voxlake", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}
