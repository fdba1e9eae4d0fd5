//! `voxlake query`: runs a named query or SQL, with the result on stdout or in a file.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use voxlake_lake::Lake;
use voxlake_query::{
    BoundQuery, LakeSession, QueryArguments, QueryError, QueryLibrary, Reruns, SessionOptions, read_text,
    read_text_file,
};
use voxlake_report::Format;
use voxlake_shell::query_help::{ArgumentKind, describe_query, list_queries};
use voxlake_shell::scan_report::{explain, summarize_scan};
use voxlake_shell::{
    Failure, Origin, Output, OutputError, ResultPrinter, STDIN, missing_data, session_notes,
};

use crate::args::QueryArgs;
use crate::clock;
use crate::commands::engine::engine;
use crate::config::Settings;
use crate::exit::{self, Exit, UsageError};
use crate::signals;
use voxlake_shell::stderr_line;

/// Time for a cancelled query to clean up.
pub(crate) const CANCEL_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Runs the query, unless a signal cancels it.
pub(crate) async fn run(settings: Settings, args: QueryArgs) -> anyhow::Result<Exit> {
    let mut work = tokio::spawn(run_query(settings, args));
    tokio::select! {
        done = &mut work => done?,
        () = signals::interrupted() => {
            // Dropping the result stops the query and removes its incomplete file.
            work.abort();
            drop(tokio::time::timeout(CANCEL_GRACE_PERIOD, work).await);
            Ok(Exit::Interrupted)
        }
    }
}

async fn run_query(settings: Settings, args: QueryArgs) -> anyhow::Result<Exit> {
    let library = QueryLibrary::load(settings.queries.as_deref())?;
    if args.list {
        list_queries(&library, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    if let Some(name) = &args.describe {
        describe_query(library.get(name)?, option_syntax, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    let arguments = QueryArguments::from(&args.period_args);
    // Before the lake is opened, so that a wrong name fails at once.
    let query = args.name.as_deref().map(|name| library.get(name)).transpose()?;
    if let Some(query) = query {
        arguments.check(query, &library)?;
    }
    let sql = sql(&args)?;
    let format = result_format(args.answer.format, args.answer.output.as_deref())?;
    let now = clock::now();
    let zone = settings.timezone;
    let mut reruns = Reruns::default();
    loop {
        let options = match query {
            Some(_) => options(&settings, args.answer.skip_damaged)?,
            None => sql_options(&settings, args.answer.skip_damaged)?,
        };
        let session = open_with(&settings, options).await?;
        let bound = query.map(|query| BoundQuery::parse(query, &arguments, &session, now, zone));
        let bound = bound.transpose()?;
        match print_result(&session, bound.as_ref(), &sql, &args, format, &mut reruns).await {
            Ok(ControlFlow::Continue(())) => continue,
            Err(error) if bound.is_none() => return report(error, &session, &sql, &args).await,
            done => drop(done?),
        }
        if let Some(bound) = &bound {
            let notes = match missing_data(&session, bound, now).await {
                // The result is valid. The notes are about the current files.
                Err(QueryError::Replaced { .. }) => {
                    let session = open(&settings, args.answer.skip_damaged).await?;
                    missing_data(&session, bound, now).await?
                }
                notes => notes?,
            };
            print_notes(&notes);
        }
        return Ok(Exit::Done);
    }
}

/// Runs a named query, or else a statement, with the result on stdout or in a file. Continues if it
/// has to run again in a new session, because the lake changed before anything was printed.
async fn print_result(
    session: &LakeSession,
    bound: Option<&BoundQuery<'_>>,
    sql: &str,
    args: &QueryArgs,
    format: Format,
    reruns: &mut Reruns,
) -> anyhow::Result<ControlFlow<()>> {
    let started = Instant::now();
    if args.answer.explain {
        let answer = match bound {
            Some(bound) => session.run(bound.query, &bound.params()).await?,
            None => session.sql(sql).await?,
        };
        explain(answer, started, &mut std::io::stdout()).await?;
        return Ok(ControlFlow::Break(()));
    }
    let mut output = Output::open(args.answer.output.as_deref())?;
    let printer = printer(format).with_exact(args.answer.exact);
    let printed = match bound {
        Some(bound) => printer.print_query(session, bound, &mut output).await,
        None => match session.sql(sql).await {
            Ok(result) => printer.print(result, &mut output).await,
            Err(error) => Err(error.into()),
        },
    };
    let metrics = match printed {
        Err(error)
            if output.can_restart() && error.downcast_ref().is_some_and(|error| reruns.allow(error)) =>
        {
            return Ok(ControlFlow::Continue(()));
        }
        printed => printed?,
    };
    output.finish()?;
    if format == Format::Table {
        stderr_line!("{}", summarize_scan(&metrics, started.elapsed()));
    }
    Ok(ControlFlow::Break(()))
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
    let completions = session.completion_catalog().await.unwrap_or_default();
    let failure = Failure::new(&error, sql, &completions, &Origin { file, line: 1 });
    exit::report(&failure.with_hint(exit::query_hint(&error)).into());
    Ok(exit::exit_of_query(&error))
}

/// Text of the SQL; empty for a named query.
fn sql(args: &QueryArgs) -> anyhow::Result<String> {
    let Some(file) = &args.file else { return Ok(args.sql.clone().unwrap_or_default()) };
    if file.as_os_str() == "-" {
        return read_text(std::io::stdin()).context("cannot read standard input");
    }
    Ok(read_text_file(file)?)
}

/// Opens a session over the lake of the settings, and prints the days that it leaves out to stderr.
pub(crate) async fn open(settings: &Settings, skip_damaged: bool) -> anyhow::Result<LakeSession> {
    open_with(settings, options(settings, skip_damaged)?).await
}

async fn open_with(settings: &Settings, options: SessionOptions) -> anyhow::Result<LakeSession> {
    let lake = Lake::open(&settings.lake).await?;
    let session = LakeSession::open(&lake, options).await?;
    print_notes(&session_notes(&session));
    Ok(session)
}

/// Returns the session options of the settings for SQL statements, which follow the time zone.
pub(crate) fn sql_options(settings: &Settings, skip_damaged: bool) -> anyhow::Result<SessionOptions> {
    Ok(options(settings, skip_damaged)?.timezone(Some(settings.timezone)))
}

/// Returns the session options of the settings.
pub(crate) fn options(settings: &Settings, skip_damaged: bool) -> anyhow::Result<SessionOptions> {
    let options = settings.session_options().skip_damaged(skip_damaged).clock(Some(clock::now));
    Ok(options.engine(engine(settings)?))
}

/// Prints notes to stderr.
pub(crate) fn print_notes(notes: &[String]) {
    notes.iter().for_each(|note| stderr_line!("{note}"));
}

/// Returns the printer of results in a format.
pub(crate) fn printer(format: Format) -> ResultPrinter {
    ResultPrinter::new(format).with_all_rows_hint("--format csv or -o FILE writes all")
}

/// Returns the options that set an argument of a named query.
pub(crate) fn option_syntax(kind: ArgumentKind, name: &str, value: &str) -> String {
    match kind {
        ArgumentKind::Common => format!("--{name} {value}"),
        ArgumentKind::Own => format!("-p {name}={value}"),
    }
}

/// Returns the requested format, else that of the extension of the output.
pub(crate) fn result_format(requested: Option<Format>, output: Option<&Path>) -> Result<Format, UsageError> {
    voxlake_shell::result_format(requested, output).map_err(|error| {
        UsageError(match &error {
            OutputError::UnknownExtension { .. } => format!("{error}: set --format"),
            OutputError::BinaryOnTerminal { format } => {
                format!("{error}: write it to a file (-o answer.{})", format.extension())
            }
            _ => error.to_string(),
        })
    })
}
