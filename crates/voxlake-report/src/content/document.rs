//! A report with its answers: what every format is made from.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::answered::Answered;
use super::data::{Grid, LINE, Row, RowKind};
use crate::definition::{Ask, FigureDefinition, ReportDefinition, SectionDefinition, Unit, View};
use crate::error::ReportError;

/// What a report is about and how it was made.
#[derive(Clone, Debug)]
pub struct About {
    /// First moment of the period.
    pub from: DateTime<Utc>,
    /// First moment after.
    pub to: DateTime<Utc>,
    /// IANA name of the time zone.
    pub timezone: String,
    /// The period's short name, fit for a file's: `2026-W47`.
    pub period: String,
    /// The period in words.
    pub period_words: String,
    /// The period that figures are compared with, in words.
    pub before_words: String,
    /// What the report was narrowed to, such as queues: names and values.
    pub parameters: Vec<(String, String)>,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// How long its questions took together.
    pub query_time: Duration,
    /// The version that made it.
    pub version: String,
    /// The command that makes it again.
    pub command: String,
    /// How far the data can be relied on.
    pub standing: Standing,
    /// What was to be told of and holds, in words.
    pub alerts: Vec<String>,
}

/// How far the data of a period can be relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether all of the period is settled: fetched late enough that it does not change any more.
    pub settled: bool,
    /// What is missing or may still change, in words; empty where nothing is.
    pub remarks: Vec<String>,
    /// Whether the lake lacks a part of the period.
    pub has_gaps: bool,
    /// When the newest call of the lake began.
    pub newest_call: Option<DateTime<Utc>>,
    /// When the period's data was fetched last.
    pub fetched_at: Option<DateTime<Utc>>,
}

/// A report with its answers.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is made by.
    pub definition: ReportDefinition,
    /// What it is about and how it was made.
    pub about: About,
    /// Its sections, as in the definition.
    pub sections: Vec<Section>,
    /// What it is made from, in the order in which the sections ask.
    answers: Vec<Answered>,
}

/// A section with its answer.
#[derive(Clone, Debug)]
pub struct Section {
    /// What it is made by.
    pub definition: SectionDefinition,
    /// What it tells.
    pub body: SectionBody,
}

/// What a section tells.
#[derive(Clone, Debug)]
pub enum SectionBody {
    /// An answer's rows.
    Answer(Answered),
    /// Single figures.
    Figures(Vec<Figure>),
    /// Its text alone.
    Text,
}

/// A single figure, now and in the period before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub unit: Unit,
    /// What its column means.
    pub help: String,
    /// Its values: one, or one for each currency.
    pub values: Vec<Money>,
    /// Whether more is better, less is, or neither.
    pub more_is_better: Option<bool>,
}

/// A figure's value, of a currency where there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The currency; `None` where the figure is of none.
    pub currency: Option<String>,
    /// The value, as the question gives it; `None` is NULL.
    pub now: Option<String>,
    /// The same of the period before.
    pub before: Option<String>,
}

/// What a currency is called that is not known.
pub(crate) const NO_CURRENCY: &str = "currency not known";

impl Document {
    /// The document of `definition`, from the answers about its period and those about the period before,
    /// which figures are compared with.
    ///
    /// # Errors
    /// [`ReportError::Report`] where an answer is missing or a figure is not one; and where a value has no
    /// form as text.
    pub fn new(
        definition: ReportDefinition,
        about: About,
        answers: &HashMap<Ask, Answered>,
        before: &HashMap<Ask, Answered>,
    ) -> Result<Self, ReportError> {
        let sections = definition.sections.iter().map(|section| {
            let wrong = |reason: String| {
                ReportError::Report(format!("{}, section {:?}: {reason}", definition.name, section.title))
            };
            let body = match (&section.view, &section.ask) {
                (View::Figures(figures), _) => SectionBody::Figures(
                    figures
                        .iter()
                        .map(|figure| self::figure(figure, answers, before).map_err(wrong))
                        .collect::<Result<_, _>>()?,
                ),
                (View::Text, _) | (_, None) => SectionBody::Text,
                (_, Some(ask)) => SectionBody::Answer(
                    answers
                        .get(ask)
                        .cloned()
                        .ok_or_else(|| wrong(format!("{} was not answered", ask.query)))?,
                ),
            };
            Ok(Section { definition: section.clone(), body })
        });
        let sections = sections.collect::<Result<Vec<_>, ReportError>>()?;
        let mut known = HashSet::new();
        let asks = definition.sections.iter().flat_map(SectionDefinition::asks);
        let answers = asks.filter(|ask| known.insert(*ask)).filter_map(|ask| answers.get(ask).cloned());
        let answers = answers.collect();
        drop(known);
        Ok(Self { definition, about, sections, answers })
    }

    /// Whether there is nothing to report: every count of calls, or of what else is counted, is zero.
    ///
    /// # Errors
    /// Where a value has no form as text.
    pub fn is_empty(&self) -> Result<bool, ReportError> {
        let nothing = |unit: &Unit, value: Option<&str>| match (unit, value) {
            (_, None) => true,
            (Unit::Count(_), Some(text)) => text.chars().all(|c| matches!(c, '0' | '.')),
            _ => true,
        };
        for section in &self.sections {
            match &section.body {
                SectionBody::Text => {}
                SectionBody::Figures(figures) => {
                    for figure in figures {
                        if !figure.values.iter().all(|value| nothing(&figure.unit, value.now.as_deref())) {
                            return Ok(false);
                        }
                    }
                }
                SectionBody::Answer(answered) => {
                    let grid = Grid::of(answered)?;
                    let counts = grid.columns.iter().any(|column| matches!(column.unit, Unit::Count(_)));
                    let cells = || grid.rows.iter().flat_map(|row| grid.columns.iter().zip(&row.cells));
                    // A question of one's own that counts nothing by unit tells something by its rows.
                    let empty = if counts {
                        cells().all(|(column, cell)| nothing(&column.unit, cell.as_deref()))
                    } else {
                        grid.rows.is_empty()
                    };
                    if !empty {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// The answers of the sections and of their figures, each section's own; an answer may come more than once.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &Answered> {
        self.answers.iter()
    }

    /// How the files of this report are called, less their ending: `weekly-queues_2026-W47`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        format!("{}_{}", self.definition.name, self.about.period)
    }
}

fn figure(
    definition: &FigureDefinition,
    answers: &HashMap<Ask, Answered>,
    before: &HashMap<Ask, Answered>,
) -> Result<Figure, String> {
    let wrong = |reason: String| format!("figure {:?}: {reason}", definition.label);
    let answered = answers
        .get(&definition.ask)
        .ok_or_else(|| wrong(format!("{} was not answered", definition.ask.query)))?;
    let column = answered
        .columns
        .iter()
        .find(|column| column.name == definition.column)
        .ok_or_else(|| wrong(format!("{} has no column {}", definition.ask.query, definition.column)))?;
    let now = values(definition, answered).map_err(wrong)?;
    let before = match before.get(&definition.ask) {
        Some(before) => values(definition, before).map_err(wrong)?,
        None => Vec::new(),
    };
    let values = now.into_iter().map(|(currency, now)| {
        let before = before.iter().find(|(other, _)| *other == currency).and_then(|(_, value)| value.clone());
        Money { currency, now, before }
    });
    let mut values: Vec<Money> = values.collect();
    // What is of no known currency tells something only where there is some of it.
    if values.len() > 1 {
        let is_nothing = |now: &str| now.chars().all(|c| matches!(c, '0' | '.'));
        values.retain(|value| {
            value.currency.as_deref() != Some(NO_CURRENCY)
                || value.now.as_deref().is_some_and(|now| !is_nothing(now))
        });
    }
    if values.is_empty() {
        values.push(Money { currency: None, now: None, before: None });
    }
    Ok(Figure {
        label: definition.label.clone(),
        unit: column.unit.clone(),
        help: column.help.clone(),
        values,
        more_is_better: definition.more_is_better,
    })
}

/// A currency, where there is one, and a value.
type Valued = (Option<String>, Option<String>);

/// The values of a figure, each with its currency where the answer tells currencies apart.
fn values(definition: &FigureDefinition, answered: &Answered) -> Result<Vec<Valued>, String> {
    let grid = Grid::of(answered).map_err(|error| error.to_string())?;
    let has_lines = grid.place(LINE).is_some();
    let is_meant = |row: &&Row| {
        let by_values = definition.row.iter().all(|(column, value)| grid.cell(row, column) == Some(value));
        by_values && (!definition.row.is_empty() || !has_lines || row.kind == RowKind::Total)
    };
    let rows: Vec<&Row> = grid.rows.iter().filter(is_meant).collect();
    let value = |row: &Row| grid.cell(row, &definition.column).map(str::to_owned);
    let currency = grid.columns.iter().find_map(|column| match &column.unit {
        Unit::Money { currency, .. } => grid.place(currency),
        _ => None,
    });
    match (rows.as_slice(), currency) {
        (rows, Some(at)) => Ok(rows
            .iter()
            .map(|row| (Some(row.cells[at].clone().unwrap_or_else(|| NO_CURRENCY.to_owned())), value(row)))
            .collect()),
        ([], None) => Ok(Vec::new()),
        ([row], None) => Ok(vec![(None, value(row))]),
        (rows, None) => Err(format!("{} rows fit; name one by where = {{ column = \"value\" }}", rows.len())),
    }
}
