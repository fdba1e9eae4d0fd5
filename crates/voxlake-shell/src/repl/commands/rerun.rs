//! Commands on the last query: run, watch, explain and chart.

use std::time::{Duration, Instant};

use crate::script::insert_variables;
use anyhow::{anyhow, bail};
use chrono::Local;
use voxlake_query::BoundQuery;
use voxlake_report::{ChartKind, ChartOptions};

use super::named;
use crate::failure::Origin;
use crate::repl::progress::Progress;
use crate::repl::runtime::Interrupted;
use crate::repl::sink::Sink;
use crate::repl::state::{LastQuery, Shell};
use crate::repl::{show, statement};
use crate::scan_report;
use crate::terminal;

fn last_query(shell: &Shell) -> anyhow::Result<LastQuery> {
    shell.last.clone().ok_or_else(|| anyhow!("there is no query to run again"))
}

/// Runs the statement before the command, or the last query.
fn run_again(shell: &mut Shell, sql: Option<(&str, &Origin)>) -> anyhow::Result<()> {
    match sql {
        Some((sql, origin)) => statement::run_typed(shell, sql, origin),
        None => match last_query(shell)? {
            LastQuery::Sql(sql, origin) => statement::run_typed(shell, &sql, &origin),
            LastQuery::Named(name, about) => named::run_query(shell, &name, *about),
        },
    }
}

pub(crate) fn go(
    shell: &mut Shell,
    args: &[String],
    statement: Option<(&str, &Origin)>,
) -> anyhow::Result<()> {
    match args {
        [] => run_again(shell, statement),
        [file] => run_into(shell, file, statement),
        _ => Err(anyhow!("\\g takes one file")),
    }
}

/// As [`go`], with expanded display.
pub(crate) fn go_expanded(
    shell: &mut Shell,
    args: &[String],
    statement: Option<(&str, &Origin)>,
) -> anyhow::Result<()> {
    let expanded = std::mem::replace(&mut shell.display.expanded, true);
    let done = go(shell, args, statement);
    shell.display.expanded = expanded;
    done
}

/// Runs a query with its result in a file.
fn run_into(shell: &mut Shell, file: &str, statement: Option<(&str, &Origin)>) -> anyhow::Result<()> {
    let sink = Sink::append(std::path::Path::new(file))?;
    let before = std::mem::replace(&mut shell.out, sink);
    let done = run_again(shell, statement);
    let done = done.and(shell.out.finish());
    shell.out = before;
    done
}

/// Shows the last query.
pub(crate) fn print(shell: &mut Shell) -> anyhow::Result<()> {
    let text = match last_query(shell)? {
        LastQuery::Sql(sql, _) => format!("{sql};"),
        LastQuery::Named(name, _) => format!("\\run {name} …"),
    };
    show::show_text(shell, &text)
}

/// Runs a query at intervals.
pub(crate) fn watch(
    shell: &mut Shell,
    args: &[String],
    statement: Option<(&str, &Origin)>,
) -> anyhow::Result<()> {
    let (mut seconds, mut times) = (2.0, u32::MAX);
    for arg in args {
        let wrong =
            |_| anyhow!("{arg:?} is not an interval: \\watch 5 runs every 5 seconds, c=3 three times");
        match arg.split_once('=') {
            Some(("c" | "count", count)) => times = count.parse().map_err(|_| wrong(()))?,
            Some(("i" | "interval", interval)) => seconds = interval.parse::<f64>().map_err(|_| wrong(()))?,
            Some(_) => return Err(wrong(())),
            None => seconds = arg.parse::<f64>().map_err(|_| wrong(()))?,
        }
    }
    let pause =
        Duration::try_from_secs_f64(seconds).map_err(|_| anyhow!("{seconds} s is not an interval"))?;
    let pager = std::mem::replace(&mut shell.display.pager, false);
    let done = (0..times).try_for_each(|time| {
        if time > 0 {
            shell.runtime.run(tokio::time::sleep(pause), || {})?;
        }
        show::print_message(
            shell,
            &format!(
                "{} (every {seconds}s)\n",
                (shell.host.clock)().with_timezone(&Local).format("%a %d %b %Y %H:%M:%S")
            ),
            None,
        )?;
        run_again(shell, statement)
    });
    shell.display.pager = pager;
    match done {
        // As in psql, Ctrl-C ends watching without an error.
        Err(error) if shell.interactive && error.is::<Interrupted>() => Ok(()),
        done => done,
    }
}

/// Runs a statement, or the last one, and shows its cost.
pub(crate) fn explain(shell: &mut Shell, sql: &str, origin: &Origin) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut progress = Progress::since(begun);
    let asked = match sql.trim_end_matches(';').trim() {
        "" => last_query(shell)?,
        sql => LastQuery::Sql(sql.to_owned(), origin.clone()),
    };
    let text = match asked {
        LastQuery::Named(name, about) => {
            let (query, zone) = (shell.named_query(&name)?.clone(), shell.workspace.timezone());
            let now = (shell.host.clock)();
            let workspace = shell.workspace.clone();
            let work = async move {
                let workspace = workspace.refreshed().await?;
                let asked = BoundQuery::parse(&query, &about, workspace.session(), now, zone)?;
                let answer = workspace.session().run(asked.query, &asked.params()).await?;
                let mut text = Vec::new();
                scan_report::explain(answer, begun, &mut text).await.map(|()| text)
            };
            shell.runtime.run(work, || progress.tick(None))??
        }
        LastQuery::Sql(typed, origin) => {
            let sql = insert_variables(&typed, |name| shell.variables.get(name).cloned());
            let (workspace, asked) = (shell.workspace.clone(), sql.clone());
            let work = async move { workspace.refreshed().await?.session().sql(&asked).await };
            let answer = shell.runtime.run(work, || progress.tick(None))?;
            let answer = answer.map_err(|error| shell.failure(&error, &sql, &origin))?;
            let query_progress = answer.progress();
            let work = async move {
                let mut text = Vec::new();
                scan_report::explain(answer, begun, &mut text).await.map(|()| text)
            };
            shell.runtime.run(work, || progress.tick(Some(&query_progress)))??
        }
    };
    progress.end();
    show::show_text(shell, &String::from_utf8_lossy(&text))
}

/// Draws the rows of the last result.
pub(crate) fn chart(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let (width, height) = terminal::size().unwrap_or((80, 24));
    let mut how = ChartOptions::new(width.into(), usize::from(height).saturating_sub(8).clamp(4, 16));
    let mut columns = args.iter();
    if let Some(kind) = args.first().and_then(|kind| match kind.as_str() {
        "bar" | "bars" => Some(ChartKind::Bars),
        "line" => Some(ChartKind::Line),
        _ => None,
    }) {
        how.kind = Some(kind);
        columns.next();
    }
    (how.names, how.numbers) = (columns.next().cloned(), columns.next().cloned());
    if columns.next().is_some() {
        bail!("\\chart [bar|line] [NAMES] [NUMBERS] takes two columns");
    }
    // A single column is that of the numbers.
    if how.numbers.is_none() {
        how.numbers = how.names.take();
    }
    let Some(rows) = &shell.last_rows else { bail!("there is no result to draw") };
    let drawn = voxlake_report::draw_chart(&rows.schema, &rows.batches, &how)?;
    show::show_text(shell, &drawn)
}
