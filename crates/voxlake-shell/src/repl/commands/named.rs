//! Named queries: `\run NAME key=value …`.

use std::io::Write as _;
use std::time::Instant;

use anyhow::{anyhow, bail};
use voxlake_query::{BoundQuery, NamedQuery, QueryArguments};

use super::describe;
use crate::failure::Origin;
use crate::missing_data::missing_data;
use crate::repl::progress::Progress;
use crate::repl::show::{self, NamedResult, PendingResult};
use crate::repl::state::{LastQuery, Shell};
use crate::repl::statement::run_with_reruns;
use crate::result_description::describe_result;
use crate::stderr_line;

/// Keys of all queries with a period, in addition to their own parameters.
pub(crate) const KEYS: [&str; 7] = ["from", "to", "last", "month", "period", "timezone", "queue"];

pub(crate) fn run(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let [name, rest @ ..] = args else { return describe::queries(shell) };
    let name = name.trim_end_matches(';');
    let question = shell.named_query(name)?.clone();
    if rest.iter().any(|arg| arg == "?" || arg.ends_with("=?")) {
        return show::show_query(shell, &question);
    }
    let about = parse_arguments(rest)?;
    shell.last = Some(LastQuery::Named(name.to_owned(), Box::new(about.clone())));
    run_query(shell, name, about)
}

/// Parses arguments of the form `key=value`.
fn parse_arguments(args: &[String]) -> anyhow::Result<QueryArguments> {
    let mut about = QueryArguments::default();
    for arg in args {
        let arg = arg.trim_end_matches(';');
        let (key, value) =
            arg.split_once('=').ok_or_else(|| anyhow!("{arg:?} is not of the form key=value"))?;
        let value = value.to_owned();
        match key {
            "from" => about.from = Some(value),
            "to" => about.to = Some(value),
            "last" => about.last = Some(value),
            "month" => about.month = Some(value),
            "period" => about.period = Some(value),
            "timezone" => about.timezone = Some(value),
            "queue" => about.queues.push(value),
            _ => about.parameters.push((key.to_owned(), value)),
        }
    }
    let periods = [
        about.from.is_some() || about.to.is_some(),
        about.last.is_some(),
        about.month.is_some(),
        about.period.is_some(),
    ];
    if periods.into_iter().filter(|given| *given).count() > 1 {
        bail!("give one period: from and to, last, month or period");
    }
    Ok(about)
}

/// Runs a named query, shows its result, and notes missing data of its period.
pub(crate) fn run_query(shell: &mut Shell, name: &str, about: QueryArguments) -> anyhow::Result<()> {
    let query = shell.named_query(name)?.clone();
    about.check(&query, &shell.library)?;
    let origin = Origin::default();
    run_with_reruns(shell, &query.sql, &origin, |shell| show_answer(shell, &query, &about, &origin))?;
    std::io::stdout().flush()?;
    let (session, zone) = (shell.workspace.session().clone(), shell.workspace.timezone());
    let now = (shell.host.clock)();
    let work = async move {
        let asked = BoundQuery::parse(&query, &about, &session, now, zone)?;
        anyhow::Ok(missing_data(&session, &asked, now).await?)
    };
    for note in shell.runtime.run(work, || {})?? {
        stderr_line!("{note}");
    }
    Ok(())
}

/// Runs a named query and shows its result.
fn show_answer(
    shell: &mut Shell,
    query: &NamedQuery,
    about: &QueryArguments,
    origin: &Origin,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    let now = (shell.host.clock)();
    let (workspace, zone) = (shell.workspace.clone(), shell.workspace.timezone());
    let mut progress = Progress::since(begun);
    let (own_query, own_about, exact) = (query.clone(), about.clone(), shell.display.exact);
    let work = async move {
        let workspace = workspace.refreshed().await?;
        let asked = BoundQuery::parse(&own_query, &own_about, workspace.session(), now, zone)?;
        let answer = workspace.session().run(asked.query, &asked.params()).await?;
        let description = describe_result(&asked, workspace.session(), exact).await?;
        let named = NamedResult { heading: asked.heading(), description };
        anyhow::Ok((workspace, answer, named))
    };
    let (workspace, answer, named) = shell.runtime.run(work, || progress.tick(None))??;
    progress.end();
    shell.use_workspace(workspace, false);
    let result = PendingResult { answer, begun, sql: &query.sql, origin };
    show::show_result(shell, result, Some(named))
}
