//! `voxlake query`: runs a named query or SQL, and writes the result to stdout or a file.
//!
//! - [`catalog`]: the list and the descriptions of named queries
//! - [`mod@print`]: writes a result; [`output`]: stdout or a file
//! - [`explain`]: files, rows and time of a query

pub(crate) mod catalog;
pub(crate) mod explain;
pub(crate) mod output;
pub(crate) mod print;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use indicatif::HumanCount;
use voxlake_lake::{Lake, TimeRange};
use voxlake_query::{
    BoundQuery, Catalog, LakeSession, QueryArguments, QueryError, SessionOptions, describe_gaps,
    describe_gaps_before, describe_scope, read_text, read_text_file,
};
use voxlake_report::{Format, escape_control_chars};

pub(crate) use self::output::Output;
pub(crate) use self::print::answer;
use crate::args::QueryArgs;
use crate::clock;
use crate::commands::sql::failure::{Failure, Origin, STDIN};
use crate::config::Settings;
use crate::exit::{self, Exit};
use crate::signals;
use crate::stderr::stderr_line;

/// Maximum time for an interrupted query to clean up.
pub(crate) const FAREWELL: Duration = Duration::from_secs(2);

/// Runs the query until it is done or interrupted.
pub(crate) async fn run(settings: Settings, args: QueryArgs) -> anyhow::Result<Exit> {
    let mut work = tokio::spawn(ask(settings, args));
    tokio::select! {
        done = &mut work => done?,
        () = signals::interrupted() => {
            // Dropping the query stops it and removes its incomplete file.
            work.abort();
            drop(tokio::time::timeout(FAREWELL, work).await);
            Ok(Exit::Interrupted)
        }
    }
}

async fn ask(settings: Settings, args: QueryArgs) -> anyhow::Result<Exit> {
    let catalog = questions(settings.queries.as_deref())?;
    if args.list {
        catalog::list(&catalog, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    if let Some(name) = &args.describe {
        catalog::describe(catalog.get(name)?, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    let arguments = QueryArguments::from(&args.period_args);
    // Before the lake is opened, so that a wrong name is reported at once.
    let query = args.name.as_deref().map(|name| catalog.get(name)).transpose()?;
    if let Some(query) = query {
        arguments.check(query, &catalog)?;
    }
    let sql = sql(&args)?;
    let format = output::format(&args.answer)?;
    let now = clock::now();
    let session = open(&settings, args.answer.skip_damaged).await?;
    let zone = settings.timezone;
    let asked = query.map(|query| BoundQuery::parse(query, &arguments, &session, now, zone)).transpose()?;
    let done = answer_with(&session, asked.as_ref(), &sql, &args, format).await;
    match done {
        Err(error) if asked.is_none() => return report(error, &session, &sql, &args).await,
        done => done?,
    }
    if let Some(asked) = &asked {
        tell_what_is_missing(&session, asked, now).await?;
    }
    Ok(Exit::Done)
}

/// Runs a named query or a statement, and writes the result.
async fn answer_with(
    session: &LakeSession,
    asked: Option<&BoundQuery<'_>>,
    sql: &str,
    args: &QueryArgs,
    format: Format,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    if args.answer.explain {
        let answer = match asked {
            Some(asked) => session.run(asked.query, &asked.params()).await?,
            None => session.sql(sql).await?,
        };
        return explain::explain(answer, begun, &mut std::io::stdout()).await;
    }
    let mut output = Output::open(args.answer.output.as_deref())?;
    let reading = match asked {
        Some(asked) => print::answer(session, asked, format, &mut output).await?,
        None => {
            let answer = session.sql(sql).await?;
            print::whole(answer, format, &mut output).await?
        }
    };
    output.finish()?;
    if format == Format::Table {
        say(&explain::in_short(&reading, begun.elapsed()));
    }
    Ok(())
}

/// Reports the error of a statement as `voxlake sql` does: with its line, a caret and a hint. Other
/// errors are returned.
async fn report(
    error: anyhow::Error,
    session: &LakeSession,
    sql: &str,
    args: &QueryArgs,
) -> anyhow::Result<Exit> {
    let error = error.downcast::<QueryError>()?;
    let file = args.file.as_ref().map(|file| match file.to_str() {
        Some("-") => STDIN.to_owned(),
        _ => file.display().to_string(),
    });
    let lexicon = session.lexicon().await.unwrap_or_default();
    exit::report(&Failure::new(&error, sql, &lexicon, &Origin { file, line: 1 }).into());
    Ok(exit::exit_of_query(&error))
}

/// Returns the shipped named queries and those of the user's folder.
pub(crate) fn questions(folder: Option<&Path>) -> anyhow::Result<Catalog> {
    let shipped = Catalog::shipped()?;
    Ok(match folder {
        Some(folder) => shipped.with_folder(folder)?,
        None => shipped,
    })
}

/// Returns the SQL to run; empty for a named query.
fn sql(args: &QueryArgs) -> anyhow::Result<String> {
    let Some(file) = &args.file else { return Ok(args.sql.clone().unwrap_or_default()) };
    if file.as_os_str() == "-" {
        return read_text(std::io::stdin()).context("cannot read standard input");
    }
    Ok(read_text_file(file)?)
}

/// Opens a session over the configured lake, and prints the days that it skips to stderr.
pub(crate) async fn open(settings: &Settings, skip_damaged: bool) -> anyhow::Result<LakeSession> {
    let lake = Lake::open(&settings.lake).await?;
    let session = LakeSession::open(&lake, options(settings, skip_damaged)?).await?;
    tell_what_is_left_out(&session);
    Ok(session)
}

/// Converts settings to session options.
pub(crate) fn options(settings: &Settings, skip_damaged: bool) -> anyhow::Result<SessionOptions> {
    Ok(SessionOptions {
        skip_damaged,
        no_summaries: !settings.summaries,
        memory_limit: settings.memory_limit,
        result_classes: settings.result_classes.clone(),
        currency_symbols: settings.currency_symbols.clone(),
        clock: Some(clock::now),
        ..SessionOptions::default()
    })
}

/// Prints the damaged days that a session skips, and the scope of its lake.
pub(crate) fn tell_what_is_left_out(session: &LakeSession) {
    session
        .skipped()
        .iter()
        .for_each(|file| say(&format!("skipped: {}", escape_control_chars(&file.to_string()))));
    if let Some(scope) = session.scope() {
        say(&escape_control_chars(&describe_scope(scope)));
    }
}

/// Prints the parts of a query's period, and of the time that it reads before, that the lake does
/// not hold, and the number of rejects in the period. Parts in the future are left out.
pub(crate) async fn tell_what_is_missing(
    session: &LakeSession,
    asked: &BoundQuery<'_>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let period = TimeRange { to: asked.period.to.min(now), ..asked.period };
    for line in describe_gaps(&session.gaps(period).await?, period) {
        say(&line);
    }
    let before = asked.lookback()?;
    if !period.is_empty()
        && let Some(line) = describe_gaps_before(&session.gaps(before).await?, before)
    {
        say(&line);
    }
    let records = match session.rejects(period).await? {
        0 => return Ok(()),
        1 => "1 record".to_owned(),
        many => format!("{} records", HumanCount(many as u64)),
    };
    say(&format!(
        "{records} of windows that touch this period have no place in the lake: `voxlake rejects list` says why"
    ));
    Ok(())
}

/// Prints a notice about a result to stderr.
fn say(line: &str) {
    stderr_line!("{line}");
}
