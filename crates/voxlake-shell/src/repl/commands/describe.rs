//! Commands that list tables, columns, functions and days.

use std::sync::Arc;

use anyhow::bail;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use voxlake_lake::{TimeRange, counted};

use crate::failure::Origin;
use crate::repl::show::count_rows;
use crate::repl::state::Shell;
use crate::repl::{show, statement};

/// Query of the days.
const DAYS: &str =
    "SELECT date, calls, bytes, first_start, last_start, fetched_at, covered FROM days ORDER BY date";

/// Lists all tables, or the columns of one, or describes the named query of this name.
pub(crate) fn table(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    refresh(shell)?;
    let completions = shell.completions.completion_catalog();
    match args {
        [] => {
            let tables = &completions.tables;
            let rows = rows([
                ("table", tables.iter().map(|table| Some(table.name.clone())).collect()),
                ("whose", tables.iter().map(|table| Some(whose(table.is_user_defined).to_owned())).collect()),
                ("row", tables.iter().map(|table| table.comment.as_deref().map(in_short)).collect()),
            ])?;
            show::show_rows(shell, &rows, &format!("({} tables; \\d TABLE lists the columns)", tables.len()))
        }
        [name] => {
            let name = name.trim_end_matches(';').to_lowercase();
            let Some(table) = completions.table(&name) else {
                if let Ok(query) = shell.library.get(&name).cloned() {
                    return show::show_query(shell, &query);
                }
                bail!("there is no table or query {name}; \\d lists the tables, \\run the queries");
            };
            let columns = &table.columns;
            let rows = rows([
                ("column", columns.iter().map(|column| Some(column.name.clone())).collect()),
                ("type", columns.iter().map(|column| Some(column.kind.clone())).collect()),
                (
                    "meaning",
                    columns.iter().map(|column| Some(column.comment.clone().unwrap_or_default())).collect(),
                ),
            ])?;
            let comment = table.comment.as_ref().map(|comment| format!("\n{comment}")).unwrap_or_default();
            show::show_rows(
                shell,
                &rows,
                &format!("({}){comment}", counted(columns.len() as u64, "column", "columns")),
            )
        }
        _ => bail!("\\d takes one table"),
    }
}

fn whose(own: bool) -> &'static str {
    if own { "yours" } else { "the lake's" }
}

/// First sentence, without the words of the header.
fn in_short(comment: &str) -> String {
    let first = comment.split(". ").next().unwrap_or(comment).trim_end_matches('.');
    first.strip_prefix("one row for each ").unwrap_or(first).to_owned()
}

pub(crate) fn functions(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let completions = shell.completions.completion_catalog();
    let text = args.concat().to_lowercase();
    let names: Vec<_> =
        completions.functions.iter().filter(|name| name.contains(&text)).cloned().map(Some).collect();
    let below = format!("({} functions)", names.len());
    show::show_rows(shell, &rows([("function", names)])?, &below)
}

/// Lists the days, and gaps between the first and the last.
pub(crate) fn days(shell: &mut Shell) -> anyhow::Result<()> {
    statement::run_sql(shell, DAYS, &Origin::default())?;
    let session = shell.workspace.session().clone();
    let period = voxlake_query::all_days(&session);
    let gaps = shell.runtime.run(async move { session.gaps(period).await }, || {})??;
    let days = shell.workspace.session().days().len();
    let mut lines = voxlake_query::describe_gaps(&gaps, period);
    if lines.is_empty() && days > 0 {
        let TimeRange { from, to } = period;
        lines.push(format!(
            "all from {} to {} was fetched",
            from.date_naive(),
            (to - chrono::TimeDelta::days(1)).date_naive()
        ));
    }
    show::print_message(shell, &lines.join("\n"), None)
}

/// Reads the changes of a sync since the last statement.
fn refresh(shell: &mut Shell) -> anyhow::Result<()> {
    let workspace = shell.workspace.clone();
    let workspace = shell.runtime.run(async move { workspace.refreshed().await }, || {})??;
    shell.use_workspace(workspace, false);
    Ok(())
}

fn rows<const N: usize>(columns: [(&str, Vec<Option<String>>); N]) -> anyhow::Result<RecordBatch> {
    let columns = columns.map(|(name, texts)| (name, Arc::new(StringArray::from(texts)) as ArrayRef, true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

/// Lists the named queries.
pub(crate) fn queries(shell: &mut Shell) -> anyhow::Result<()> {
    let names = shell.library.iter().map(|query| Some(query.name.clone())).collect();
    let titles = shell.library.iter().map(|query| Some(query.title.clone())).collect::<Vec<_>>();
    let below = format!(
        "({}; \\d NAME describes one)",
        count_rows(titles.len()).replace("row", "query").replace("querys", "queries")
    );
    show::show_rows(shell, &rows([("query", names), ("title", titles)])?, &below)
}
