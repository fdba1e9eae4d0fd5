//! `voxlake query`: a question by its name or in SQL, answered on stdout.

use std::collections::BTreeSet;
use std::io::{Read as _, Write};
use std::sync::Arc;

use anyhow::Context as _;
use arrow::util::display::array_value_to_string;
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use futures::StreamExt as _;
use voxlake_lake::Lake;
use voxlake_query::{Answer, Catalog, LakeSession, NamedQuery, Params, SessionOptions};
use voxlake_report::{Format, Layout, visible, writer};

use crate::args::QueryArgs;
use crate::config::Settings;
use crate::exit::{Exit, UsageError};
use crate::period;

pub(crate) async fn run(settings: Settings, args: QueryArgs) -> anyhow::Result<Exit> {
    let catalog = Catalog::shipped()?;
    if args.list {
        list(&catalog, &mut std::io::stdout().lock())?;
        return Ok(Exit::Done);
    }
    // Before the lake is opened: a wrong name is told at once.
    let question = args.name.as_deref().map(|name| catalog.get(name)).transpose()?;
    if let Some((name, _)) =
        args.params.iter().find(|(name, _)| ["from", "to", "timezone"].contains(&name.as_str()))
    {
        return Err(UsageError(format!(
            "give the period by --from, --to and --timezone, not by -p {name}=…"
        ))
        .into());
    }
    let sql = sql(&args)?;
    let session = open(&settings, args.skip_damaged).await?;
    match (question, sql) {
        (Some(query), _) => {
            let zone = settings.timezone()?;
            let period = whole_or(&args, &session, zone)?;
            answer_named(&session, query, period, zone, &args.params, args.format.into()).await?;
        }
        (None, Some(sql)) => print(session.sql(&sql).await?, args.format.into()).await?,
        // clap lets no command line without a question pass.
        (None, None) => {}
    }
    Ok(Exit::Done)
}

/// The text of the SQL that was asked, if it was.
fn sql(args: &QueryArgs) -> anyhow::Result<Option<String>> {
    if args.sql.is_some() {
        return Ok(args.sql.clone());
    }
    let Some(file) = &args.file else { return Ok(None) };
    if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(Some(text));
    }
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(Some(text))
}

/// A session over the lake of the settings; days that it leaves out are named on stderr.
pub(crate) async fn open(settings: &Settings, skip_damaged: bool) -> anyhow::Result<LakeSession> {
    let lake = Lake::open(&settings.lake).await?;
    let options = SessionOptions {
        skip_damaged,
        result_classes: settings.result_classes.clone(),
        ..SessionOptions::default()
    };
    let session = LakeSession::open(&lake, options).await?;
    for file in session.skipped() {
        writeln!(std::io::stderr(), "left out: {}", visible(&file.to_string()))?;
    }
    Ok(session)
}

/// The period that was asked for; where it was not, the one from the lake's first day to its last.
fn whole_or(
    args: &QueryArgs,
    session: &LakeSession,
    zone: Tz,
) -> anyhow::Result<(DateTime<Utc>, DateTime<Utc>)> {
    let midnight = |date: chrono::NaiveDate| date.and_time(Default::default()).and_utc();
    let (first, last) = match session.days() {
        [] => (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH),
        days @ [first, ..] => {
            let last = days.last().unwrap_or(first).date;
            (midnight(first.date), midnight(last.checked_add_days(Days::new(1)).unwrap_or(last)))
        }
    };
    let moment = |flag, text: &Option<String>, default| {
        text.as_deref().map_or(Ok(default), |text| period::moment(flag, text, zone))
    };
    Ok((moment("--from", &args.from, first)?, moment("--to", &args.to, last)?))
}

/// Asks a named query and prints its answer; a table is headed by what was asked.
pub(crate) async fn answer_named(
    session: &LakeSession,
    query: &NamedQuery,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    zone: Tz,
    params: &[(String, String)],
    format: Format,
) -> anyhow::Result<()> {
    let asked =
        params.iter().fold(Params::period(from, to).with("timezone", zone.name()), |asked, (name, value)| {
            asked.with(name, value)
        });
    let answer = session.run(query, &asked).await?;
    if format != Format::Table {
        return print(answer, format).await;
    }
    writeln!(std::io::stdout(), "{}: {}\n{}\n", query.name, query.title, period::shown(from, to, zone))?;
    print_for_people(answer, query).await
}

/// A named query's answer as a table: without its ids, which machines need, and with what is the same
/// in every row said once, below.
async fn print_for_people(mut answer: Answer, query: &NamedQuery) -> anyhow::Result<()> {
    let of_unit = |unit: &str| {
        let places =
            query.columns.iter().enumerate().filter(move |(_, column)| column.unit.as_deref() == Some(unit));
        places.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let (ids, notes) = (of_unit("id"), of_unit("note"));
    let shown: Vec<usize> = (0..answer.schema().fields().len())
        .filter(|place| !ids.contains(place) && !notes.contains(place))
        .collect();
    let schema = Arc::new(answer.schema().project(&shown)?);
    let stdout = std::io::BufWriter::new(std::io::stdout());
    let mut out = writer(Format::Table, schema, &Layout::default(), stdout)?;
    let mut said = BTreeSet::new();
    while let Some(batch) = answer.next().await {
        let batch = batch?;
        out.write(&batch.project(&shown)?)?;
        for note in notes.iter().filter(|_| batch.num_rows() > 0) {
            said.insert(array_value_to_string(batch.column(*note), 0)?);
        }
    }
    out.finish()?;
    drop(out);
    for note in said {
        writeln!(std::io::stdout(), "\n{}: {note}", query.name)?;
    }
    Ok(())
}

async fn print(mut answer: Answer, format: Format) -> anyhow::Result<()> {
    let stdout = std::io::BufWriter::new(std::io::stdout());
    let mut out = writer(format, answer.schema(), &Layout::default(), stdout)?;
    while let Some(batch) = answer.next().await {
        out.write(&batch?)?;
    }
    Ok(out.finish()?)
}

fn list(catalog: &Catalog, out: &mut impl Write) -> anyhow::Result<()> {
    for query in catalog.iter() {
        writeln!(out, "{}\n    {}", query.name, query.title)?;
        for parameter in
            query.parameters.iter().filter(|one| !["from", "to", "timezone"].contains(&one.name.as_str()))
        {
            let default =
                parameter.default.as_deref().map(|d| format!(" [default: {d}]")).unwrap_or_default();
            let allowed = if parameter.allowed.is_empty() {
                String::new()
            } else {
                format!(" ({})", parameter.allowed.join(", "))
            };
            writeln!(out, "    -p {}=…{allowed}{default}\n        {}", parameter.name, parameter.help)?;
        }
    }
    Ok(())
}
