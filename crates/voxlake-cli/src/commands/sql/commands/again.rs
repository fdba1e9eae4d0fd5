//! The last statement once more: to run, to watch, to explain, to draw.

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use chrono::Local;
use voxlake_query::BoundQuery;
use voxlake_report::{ChartKind, ChartOptions};
use voxlake_shell::script::insert_variables;

use super::named;
use crate::clock;
use crate::commands::query::explain as took;
use crate::commands::sql::engine::Interrupted;
use crate::commands::sql::failure::Origin;
use crate::commands::sql::progress::Progress;
use crate::commands::sql::shell::{Last, Shell};
use crate::commands::sql::sink::Sink;
use crate::screen;

fn last(shell: &Shell) -> anyhow::Result<Last> {
    shell.last.clone().ok_or_else(|| anyhow!("nothing was asked yet"))
}

/// Asks again what was asked last, or for the first time what stands before the command.
fn ask(shell: &mut Shell, statement: Option<(&str, &Origin)>) -> anyhow::Result<()> {
    match statement {
        Some((sql, origin)) => shell.statement(sql, origin),
        None => match last(shell)? {
            Last::Sql(sql, origin) => shell.statement(&sql, &origin),
            Last::Named(name, about) => named::ask(shell, &name, *about),
        },
    }
}

pub(super) fn go(
    shell: &mut Shell,
    name: &str,
    args: &[String],
    statement: Option<(&str, &Origin)>,
) -> anyhow::Result<()> {
    let expanded = shell.look.expanded;
    shell.look.expanded |= name == "gx";
    let done = match args {
        [] => ask(shell, statement),
        [file] => into(shell, file, statement),
        _ => Err(anyhow!("\\g takes one file")),
    };
    shell.look.expanded = expanded;
    done
}

/// Asks into a file of this one answer.
fn into(shell: &mut Shell, file: &str, statement: Option<(&str, &Origin)>) -> anyhow::Result<()> {
    let sink = Sink::growing(std::path::Path::new(file))?;
    let before = std::mem::replace(&mut shell.out, sink);
    let done = ask(shell, statement);
    let done = done.and(shell.out.finish());
    shell.out = before;
    done
}

/// Shows what was asked last.
pub(super) fn print(shell: &mut Shell) -> anyhow::Result<()> {
    let text = match last(shell)? {
        Last::Sql(sql, _) => format!("{sql};"),
        Last::Named(name, _) => format!("\\run {name} …"),
    };
    shell.show_text(&text)
}

/// Asks again and again.
pub(super) fn watch(
    shell: &mut Shell,
    args: &[String],
    statement: Option<(&str, &Origin)>,
) -> anyhow::Result<()> {
    let (mut seconds, mut times) = (2.0, u32::MAX);
    for arg in args {
        let wrong = |_| anyhow!("{arg:?} is no interval: \\watch 5 asks every 5 seconds, c=3 three times");
        match arg.split_once('=') {
            Some(("c" | "count", count)) => times = count.parse().map_err(|_| wrong(()))?,
            Some(("i" | "interval", interval)) => seconds = interval.parse::<f64>().map_err(|_| wrong(()))?,
            Some(_) => return Err(wrong(())),
            None => seconds = arg.parse::<f64>().map_err(|_| wrong(()))?,
        }
    }
    let pause = Duration::try_from_secs_f64(seconds).map_err(|_| anyhow!("{seconds} s is no interval"))?;
    let pager = std::mem::replace(&mut shell.look.pager, false);
    let done = (0..times).try_for_each(|time| {
        if time > 0 {
            shell.engine.run(tokio::time::sleep(pause), || {})?;
        }
        shell.tell(
            &format!(
                "{} (every {seconds}s)\n",
                clock::now().with_timezone(&Local).format("%a %d %b %Y %H:%M:%S")
            ),
            None,
        )?;
        ask(shell, statement)
    });
    shell.look.pager = pager;
    match done {
        // As in psql, that is how it ends.
        Err(error) if shell.interactive && error.is::<Interrupted>() => Ok(()),
        done => done,
    }
}

/// Runs a statement, or the last one, and shows what that took.
pub(super) fn explain(shell: &mut Shell, sql: &str, origin: &Origin) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut progress = Progress::since(begun);
    let asked = match sql.trim_end_matches(';').trim() {
        "" => last(shell)?,
        sql => Last::Sql(sql.to_owned(), origin.clone()),
    };
    let text = match asked {
        Last::Named(name, about) => {
            let (query, zone) = (shell.question(&name)?.clone(), shell.zone);
            let workspace = shell.workspace.clone();
            let work = async move {
                let workspace = workspace.refreshed().await?;
                let asked = BoundQuery::parse(&query, &about, workspace.session(), clock::now(), zone)?;
                let answer = workspace.session().run(asked.query, &asked.params()).await?;
                let mut text = Vec::new();
                took::explain(answer, begun, &mut text).await.map(|()| text)
            };
            shell.engine.run(work, || progress.tick(None))??
        }
        Last::Sql(typed, origin) => {
            let sql = insert_variables(&typed, |name| shell.variables.get(name).cloned());
            let (workspace, asked) = (shell.workspace.clone(), sql.clone());
            let work = async move { workspace.refreshed().await?.session().sql(&asked).await };
            let answer = shell.engine.run(work, || progress.tick(None))?;
            let answer = answer.map_err(|error| shell.failure(&error, &sql, &origin))?;
            let gauge = answer.gauge();
            let work = async move {
                let mut text = Vec::new();
                took::explain(answer, begun, &mut text).await.map(|()| text)
            };
            shell.engine.run(work, || progress.tick(Some(&gauge)))??
        }
    };
    progress.end();
    shell.show_text(&String::from_utf8_lossy(&text))
}

/// Draws the rows of the last answer.
pub(super) fn chart(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let (width, height) = screen::size().unwrap_or((80, 24));
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
    // One column alone is that of the numbers.
    if how.numbers.is_none() {
        how.numbers = how.names.take();
    }
    let Some(kept) = &shell.kept else { bail!("there is no answer to draw yet") };
    let drawn = voxlake_report::draw_chart(&kept.schema, &kept.batches, &how)?;
    shell.show_text(&drawn)
}
