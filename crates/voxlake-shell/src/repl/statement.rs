//! Execution of statements.

use std::time::Instant;

use crate::{StatementOutcome, script};
use anyhow::Result;
use voxlake_query::Reruns;

use super::progress::Progress;
use super::show::{self, PendingResult};
use super::state::{LastQuery, Shell};
use crate::failure::Origin;

/// Runs a statement as typed, with variables.
pub(crate) fn run_typed(shell: &mut Shell, typed: &str, origin: &Origin) -> Result<()> {
    let sql = script::insert_variables(typed, |name| shell.variables.get(name).cloned());
    shell.last = Some(LastQuery::Sql(typed.to_owned(), origin.clone()));
    run_sql(shell, &sql, origin)
}

/// Runs a statement without variables.
pub(crate) fn run_sql(shell: &mut Shell, sql: &str, origin: &Origin) -> Result<()> {
    run_with_reruns(shell, sql, origin, |shell| run_once(shell, sql, origin))
}

/// Runs a query with `run`, and again in a new session if a day file was replaced before anything
/// was shown.
pub(crate) fn run_with_reruns(
    shell: &mut Shell,
    sql: &str,
    origin: &Origin,
    run: impl Fn(&mut Shell) -> Result<()>,
) -> Result<()> {
    let mut reruns = Reruns::default();
    loop {
        match run(shell) {
            Err(error) if error.downcast_ref().is_some_and(|error| reruns.allow(error)) => {
                shell.workspace.invalidate();
            }
            done => return done.map_err(|error| show::with_place(shell, error, sql, origin)),
        }
    }
}

fn run_once(shell: &mut Shell, sql: &str, origin: &Origin) -> Result<()> {
    let begun = Instant::now();
    let (workspace, text) = (shell.workspace.clone(), sql.to_owned());
    let mut progress = Progress::since(begun);
    let done = shell.runtime.run(async move { workspace.run(&text).await }, || progress.tick(None))?;
    progress.end();
    let (workspace, outcome) = done?;
    let changed = matches!(outcome, StatementOutcome::Done(_));
    shell.use_workspace(workspace, changed);
    match outcome {
        StatementOutcome::Rows(answer) => {
            show::show_result(shell, PendingResult { answer, begun, sql, origin }, None)
        }
        StatementOutcome::Copy(copy) => show::copy_to_file(shell, copy, begun, sql, origin),
        StatementOutcome::Done(done) => show::print_message(shell, &done, Some(begun)),
    }
}
