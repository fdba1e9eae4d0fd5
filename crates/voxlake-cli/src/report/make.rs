//! A report, asked and put together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};
use voxlake_lake::{Fingerprint, Lake, TimeRange};
use voxlake_query::{Catalog, LakeSession, ParameterType};
use voxlake_report::visible;
use voxlake_report::{
    About, Answered, Ask, Document, ReportDefinition, ReportFormat, SectionDefinition, View, render,
};

use super::{alert, catalog, period, standing};
use crate::commands::query::{self, Asked};
use crate::config::Settings;
use crate::exit::UsageError;

/// Parameters of a report beside its period: names and values.
pub(crate) type Parameters = Vec<(String, String)>;

/// What is to be made.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) definition: ReportDefinition,
    pub(crate) period: TimeRange,
    pub(crate) zone: Tz,
    /// Given to each section that takes them and does not set them.
    pub(crate) parameters: Parameters,
    /// Conditions to tell of.
    pub(crate) alerts: Vec<alert::Alert>,
}

/// What was made.
pub(crate) struct Made {
    pub(crate) document: Document,
    /// What tells the data that it was made from.
    pub(crate) data: Fingerprint,
    /// What tells its figures.
    pub(crate) figures: Fingerprint,
}

/// Asks a report's questions and puts it together.
pub(crate) async fn make(
    settings: &Settings,
    questions: &Catalog,
    order: &Order,
    now: DateTime<Utc>,
) -> anyhow::Result<Made> {
    let definition = &order.definition;
    catalog::check(definition, questions)?;
    takes_parameters(order, questions)?;
    let lake = Lake::open(&settings.lake).await?;
    let session = query::open(settings, false).await?;
    let before = period::before(order.period, order.zone);
    let asks = distinct(definition.sections.iter().flat_map(SectionDefinition::asks));
    let figures = definition.sections.iter().filter(|section| matches!(section.view, View::Figures(_)));
    // A change against days that the lake lacks would be one of the lake.
    let is_comparable = session.gaps(before).await?.is_empty();
    let compared = distinct(figures.flat_map(SectionDefinition::asks).filter(|_| is_comparable));
    let bar = progress(asks.len() + compared.len());
    let begun = Instant::now();
    let mut answers = HashMap::new();
    for ask in asks {
        answers.insert(ask.clone(), answer(&session, questions, order, ask, order.period).await?);
        bar.inc(1);
    }
    let mut answers_before = HashMap::new();
    for ask in compared {
        answers_before.insert(ask.clone(), answer(&session, questions, order, ask, before).await?);
        bar.inc(1);
    }
    let query_time = begun.elapsed();
    bar.finish_and_clear();
    let about = About {
        from: order.period.from,
        to: order.period.to,
        timezone: order.zone.name().to_owned(),
        period: period::label(order.period, order.zone),
        period_words: period::words(order.period, order.zone),
        before_words: match period::words(before, order.zone) {
            words if is_comparable => words,
            words => format!("{words}; none are shown, as the lake does not hold all of it"),
        },
        parameters: order.parameters.clone(),
        made_at: now,
        query_time,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command(order),
        standing: standing::of(&lake, &session, order.period, now, settings.settle()?).await?,
        alerts: alert::told(&order.alerts, definition, &answers).await?,
    };
    let document = Document::new(definition.clone(), about, &answers, &answers_before)?;
    let data = standing::data(session.days(), TimeRange { from: before.from, to: order.period.to });
    let figures = figures_of(&document)?;
    Ok(Made { document, data, figures })
}

/// The command that makes the report again.
fn command(order: &Order) -> String {
    let name = &order.definition.name;
    let label = period::label(order.period, order.zone);
    let period = if label.contains('_') {
        let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        format!("--from {} --to {}", moment(order.period.from), moment(order.period.to))
    } else {
        format!("--period {label}")
    };
    let parameters: String = order
        .parameters
        .iter()
        .map(|(name, value)| match name.as_str() {
            "queue" => format!(" --queue {}", quoted(value)),
            name => format!(" -p {}", quoted(&format!("{name}={value}"))),
        })
        .collect();
    format!("voxlake report run {name} {period} --timezone {}{parameters}", order.zone.name())
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// What tells the figures of a report, whenever it is made: all that its answers say.
fn figures_of(document: &Document) -> anyhow::Result<Fingerprint> {
    let files = render(document, ReportFormat::Csv, "")?;
    Ok(Fingerprint::from_parts(files.iter().map(|file| file.bytes.as_slice())))
}

async fn answer(
    session: &LakeSession,
    questions: &Catalog,
    order: &Order,
    ask: &Ask,
    period: TimeRange,
) -> anyhow::Result<Answered> {
    let question = questions.get(&ask.query)?;
    let takes = |name: &str| question.parameters.iter().any(|parameter| parameter.name == name);
    let own = ask.parameters.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
    let further =
        order.parameters.iter().filter(|(name, _)| takes(name) && !ask.parameters.contains_key(name));
    let further = further.map(|(name, value)| (name.as_str(), value.as_str()));
    let asked = Asked::with(question, period, order.zone, own.chain(further).collect());
    let begun = Instant::now();
    let answer = session.run(question, &asked.params()).await?;
    for notice in answer.notices() {
        tracing::warn!(query = %question.name, "{}", visible(notice));
    }
    let schema = answer.schema();
    let batches: Vec<RecordBatch> = answer.collect().await?;
    Ok(Answered {
        ask: ask.clone(),
        title: question.title.clone(),
        description: question.description.clone(),
        columns: catalog::columns(question),
        rows: concat_batches(&schema, &batches)?,
        took: begun.elapsed(),
    })
}

/// The ids and names by which a report chooses queues, and that no queue of the lake has.
pub(crate) async fn unknown_queues(
    settings: &Settings,
    questions: &Catalog,
    order: &Order,
) -> anyhow::Result<Vec<String>> {
    let mut chosen = BTreeSet::new();
    for ask in order.definition.sections.iter().flat_map(SectionDefinition::asks) {
        let question = questions.get(&ask.query)?;
        for parameter in
            question.parameters.iter().filter(|parameter| parameter.kind == ParameterType::Queues)
        {
            let own = ask.parameters.get(&parameter.name);
            chosen.extend(own.into_iter().flatten().cloned());
            let further =
                order.parameters.iter().filter(|(name, _)| own.is_none() && *name == parameter.name);
            chosen.extend(further.map(|(_, queue)| queue.clone()));
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let session = query::open(settings, false).await?;
    Ok(session.unknown_queues(&Vec::from_iter(chosen)).await?)
}

/// Refuses a parameter that no section takes.
fn takes_parameters(order: &Order, questions: &Catalog) -> Result<(), UsageError> {
    for (name, _) in &order.parameters {
        let takes = |ask: &Ask| {
            questions.get(&ask.query).is_ok_and(|query| query.parameters.iter().any(|one| one.name == *name))
                && !ask.parameters.contains_key(name)
        };
        if ["from", "to", "timezone"].contains(&name.as_str())
            || !order.definition.sections.iter().flat_map(SectionDefinition::asks).any(takes)
        {
            return Err(UsageError(format!(
                "no section of {} takes the parameter {name}, or each sets it itself; `voxlake report describe \
                 {0}` says what they ask",
                order.definition.name
            )));
        }
    }
    Ok(())
}

fn distinct<'a>(asks: impl Iterator<Item = &'a Ask>) -> Vec<&'a Ask> {
    let mut known = HashSet::new();
    asks.filter(|ask| known.insert(*ask)).collect()
}

fn progress(questions: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos} of {len} questions answered · {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(questions as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
