//! Alerts: SQL conditions on the answers of a report, such as `abandonment_rate > 0.08`.
//!
//! A condition is evaluated on every section whose answer has its columns, or on the section that
//! it names. It holds if any row matches.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use serde::{Deserialize, Serialize};
use voxlake_query::{QueryError, rows_where};
use voxlake_report::{QueryRequest, ReportDefinition, SectionResult};

use crate::error::{ScheduleError, invalid};

/// Maximum number of rows that an alert names; further ones are counted.
const MAX_NAMED_ROWS: usize = 5;

/// Alert of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Id of a section; without one, every section whose answer has the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// SQL condition.
    pub when: String,
}

/// Evaluates `alerts` on the answers of a report, and returns a sentence for each one that holds.
///
/// # Errors
/// [`ScheduleError::Invalid`] for an alert that fits no section; a query error if a condition
/// fails.
pub async fn evaluate(
    alerts: &[Alert],
    definition: &ReportDefinition,
    answers: &HashMap<QueryRequest, SectionResult>,
) -> Result<Vec<String>, ScheduleError> {
    let mut sentences = Vec::new();
    for alert in alerts {
        for sentence in evaluate_one(alert, definition, answers).await? {
            if !sentences.contains(&sentence) {
                sentences.push(sentence);
            }
        }
    }
    Ok(sentences)
}

async fn evaluate_one(
    alert: &Alert,
    definition: &ReportDefinition,
    answers: &HashMap<QueryRequest, SectionResult>,
) -> Result<Vec<String>, ScheduleError> {
    let mut sentences = Vec::new();
    let mut fits = false;
    let mut refused = None;
    for section in &definition.sections {
        if alert.section.as_ref().is_some_and(|id| *id != section.id) {
            continue;
        }
        for answered in section.requests().filter_map(|request| answers.get(request)) {
            match rows_where(&answered.rows, &alert.when).await {
                Ok(rows) => {
                    fits = true;
                    if rows.num_rows() > 0 {
                        let names = row_names(&rows)?;
                        sentences.push(format!("{}: {names} in “{}”", alert.when, section.title));
                    }
                }
                // A section without the columns is skipped.
                Err(error @ QueryError::Sql(_)) => refused = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
    }
    if fits { Ok(sentences) } else { Err(no_section(alert, definition, refused.as_ref())) }
}

fn no_section(alert: &Alert, definition: &ReportDefinition, refused: Option<&QueryError>) -> ScheduleError {
    let ids = definition.sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>().join(", ");
    let why = refused.map_or_else(
        || format!("no section has the id {:?}", alert.section.as_deref().unwrap_or_default()),
        ToString::to_string,
    );
    invalid(format!("the alert {:?} fits no section of {} ({ids}): {why}", alert.when, definition.name))
}

/// Lists rows by the first column that names them: `Billing, Sales and 3 more`.
fn row_names(rows: &RecordBatch) -> Result<String, ScheduleError> {
    const NAME_COLUMNS: [&str; 8] =
        ["group_name", "queue_name", "agent_name", "check", "result_class", "from_queue", "local", "day"];
    let schema = rows.schema();
    let column = NAME_COLUMNS.iter().find_map(|name| schema.index_of(name).ok());
    let line = schema.index_of("line").ok();
    let mut names = Vec::new();
    for row in 0..rows.num_rows().min(MAX_NAMED_ROWS) {
        let name = match column.filter(|at| !rows.column(*at).is_null(row)).or(line) {
            Some(at) => array_value_to_string(rows.column(at), row)?,
            None => format!("row {}", row + 1),
        };
        names.push(name);
    }
    let more = rows.num_rows().saturating_sub(MAX_NAMED_ROWS);
    Ok(match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    })
}
