//! What there is: tables, columns, functions, days.

use std::sync::Arc;

use anyhow::bail;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use voxlake_lake::TimeRange;

use crate::commands::query::catalog;
use crate::commands::sql::failure::Origin;
use crate::commands::sql::shell::Shell;
use crate::commands::sql::show::counted;

/// The days, by the table of that name.
const DAYS: &str =
    "SELECT date, calls, bytes, first_start, last_start, fetched_at, covered FROM days ORDER BY date";

/// All tables, or the columns of one. A question's name describes the question.
pub(super) fn table(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    refresh(shell)?;
    let lexicon = shell.words.lexicon();
    match args {
        [] => {
            let tables = &lexicon.tables;
            let rows = rows([
                ("table", tables.iter().map(|table| Some(table.name.clone())).collect()),
                ("whose", tables.iter().map(|table| Some(whose(table.own).to_owned())).collect()),
                ("row", tables.iter().map(|table| table.comment.as_deref().map(in_short)).collect()),
            ])?;
            shell.show_rows(&rows, &format!("({} tables; \\d TABLE tells the columns)", tables.len()))
        }
        [name] => {
            let name = name.trim_end_matches(';').to_lowercase();
            let Some(table) = lexicon.table(&name) else {
                if let Ok(question) = shell.catalog.get(&name) {
                    let mut text = Vec::new();
                    catalog::describe(question, &mut text)?;
                    return shell.show_text(&String::from_utf8_lossy(&text));
                }
                bail!("there is no table or question {name}; \\d lists the tables, \\run the questions");
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
            shell.show_rows(&rows, &format!("({} columns){comment}", columns.len()))
        }
        _ => bail!("\\d takes one table"),
    }
}

fn whose(own: bool) -> &'static str {
    if own { "yours" } else { "the lake's" }
}

/// The first sentence, without the words that the header says.
fn in_short(comment: &str) -> String {
    let first = comment.split(". ").next().unwrap_or(comment).trim_end_matches('.');
    first.strip_prefix("one row for each ").unwrap_or(first).to_owned()
}

pub(super) fn functions(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let lexicon = shell.words.lexicon();
    let text = args.concat().to_lowercase();
    let names: Vec<_> =
        lexicon.functions.iter().filter(|name| name.contains(&text)).cloned().map(Some).collect();
    let below = format!("({} functions)", names.len());
    shell.show_rows(&rows([("function", names)])?, &below)
}

/// The days and what is missing between the first and the last.
pub(super) fn days(shell: &mut Shell) -> anyhow::Result<()> {
    shell.sql(DAYS, &Origin::default())?;
    let session = shell.workspace.session().clone();
    let period = voxlake_query::all_days(&session);
    let gaps = shell.engine.run(async move { session.gaps(period).await }, || {})??;
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
    shell.tell(&lines.join("\n"), None)
}

/// Sees what a sync brought since the last statement.
fn refresh(shell: &mut Shell) -> anyhow::Result<()> {
    let workspace = shell.workspace.clone();
    let workspace = shell.engine.run(async move { workspace.refreshed().await }, || {})??;
    shell.follow(workspace, false);
    Ok(())
}

fn rows<const N: usize>(columns: [(&str, Vec<Option<String>>); N]) -> anyhow::Result<RecordBatch> {
    let columns = columns.map(|(name, texts)| (name, Arc::new(StringArray::from(texts)) as ArrayRef, true));
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

/// The questions that have names.
pub(super) fn questions(shell: &mut Shell) -> anyhow::Result<()> {
    let names = shell.catalog.iter().map(|query| Some(query.name.clone())).collect();
    let titles = shell.catalog.iter().map(|query| Some(query.title.clone())).collect::<Vec<_>>();
    let below =
        format!("({}; \\d NAME tells what one means)", counted(titles.len()).replace("row", "question"));
    shell.show_rows(&rows([("question", names), ("title", titles)])?, &below)
}
