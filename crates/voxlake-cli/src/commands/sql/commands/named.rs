//! Named questions at the prompt: `\run NAME key=value …`.

use std::io::Write as _;
use std::time::Instant;

use anyhow::{anyhow, bail};
use voxlake_query::{BoundQuery, QueryArguments};

use super::describe;
use crate::clock;
use crate::commands::query::{catalog, tell_what_is_missing};
use crate::commands::sql::failure::Origin;
use crate::commands::sql::progress::Progress;
use crate::commands::sql::shell::{Last, Shell};

/// Keys that every question about a period takes, beside its own parameters.
pub(crate) const KEYS: [&str; 7] = ["from", "to", "last", "month", "period", "timezone", "queue"];

pub(super) fn run(shell: &mut Shell, args: &[String]) -> anyhow::Result<()> {
    let [name, rest @ ..] = args else { return describe::questions(shell) };
    let name = name.trim_end_matches(';');
    let question = shell.question(name)?.clone();
    if rest.iter().any(|arg| arg == "?" || arg.ends_with("=?")) {
        let mut text = Vec::new();
        catalog::describe(&question, &mut text)?;
        return shell.show_text(&String::from_utf8_lossy(&text));
    }
    let about = about(rest)?;
    shell.last = Some(Last::Named(name.to_owned(), Box::new(about.clone())));
    ask(shell, name, about)
}

/// What the question is asked about, by `key=value`.
fn about(args: &[String]) -> anyhow::Result<QueryArguments> {
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

/// Asks a question, shows its answer, and says what the lake does not hold of its period.
pub(super) fn ask(shell: &mut Shell, name: &str, about: QueryArguments) -> anyhow::Result<()> {
    let begun = Instant::now();
    let query = shell.question(name)?.clone();
    about.check(&query, &shell.catalog)?;
    let (workspace, zone) = (shell.workspace.clone(), shell.zone);
    let mut progress = Progress::since(begun);
    let (own_query, own_about) = (query.clone(), about.clone());
    let work = async move {
        let workspace = workspace.refreshed().await?;
        let asked = BoundQuery::parse(&own_query, &own_about, workspace.session(), clock::now(), zone)?;
        let answer = workspace.session().run(asked.query, &asked.params()).await?;
        anyhow::Ok((workspace, answer, asked.heading()))
    };
    let (workspace, answer, heading) = shell.engine.run(work, || progress.tick(None))??;
    progress.end();
    shell.follow(workspace, false);
    shell.show(answer, Some((&query, &heading)), begun, &query.sql, &Origin::default())?;
    std::io::stdout().flush()?;
    let session = shell.workspace.session().clone();
    let work = async move {
        let asked = BoundQuery::parse(&query, &about, &session, clock::now(), zone)?;
        tell_what_is_missing(&session, &asked, clock::now()).await
    };
    shell.engine.run(work, || {})?
}
