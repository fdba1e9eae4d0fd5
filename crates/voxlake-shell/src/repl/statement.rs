//! Execution of statements.

use std::time::Instant;

use crate::{StatementOutcome, script};
use anyhow::Result;

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
    let begun = Instant::now();
    let (workspace, text) = (shell.workspace.clone(), sql.to_owned());
    let mut progress = Progress::since(begun);
    let done = shell.runtime.run(async move { workspace.run(&text).await }, || progress.tick(None))?;
    progress.end();
    let (workspace, outcome) = done.map_err(|error| shell.failure(&error, sql, origin))?;
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
