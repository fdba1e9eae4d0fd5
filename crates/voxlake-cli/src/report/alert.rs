//! Conditions over a report's answers, in SQL: `abandonment_rate > 0.08`.
//!
//! A condition is asked of every section whose answer has the columns that it names, or of the one that it is
//! given for; it holds where any row fits.

use std::collections::HashMap;

use arrow::util::display::array_value_to_string;
use serde::{Deserialize, Serialize};
use voxlake_query::{QueryError, rows_where};
use voxlake_report::{Answered, Ask, ReportDefinition};

use crate::exit::UsageError;

/// Rows to name before the rest is only counted.
const NAMED: usize = 5;

/// A condition, as it is written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alert {
    /// The section's id; none: every section whose answer has the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) section: Option<String>,
    /// The condition.
    pub(crate) when: String,
}

/// What holds of `alerts`, in words.
pub(crate) async fn told(
    alerts: &[Alert],
    definition: &ReportDefinition,
    answers: &HashMap<Ask, Answered>,
) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for alert in alerts {
        let mut fits = false;
        let mut refused = None;
        for section in &definition.sections {
            if alert.section.as_ref().is_some_and(|id| *id != section.id) {
                continue;
            }
            for answered in section.asks().filter_map(|ask| answers.get(ask)) {
                match rows_where(&answered.rows, &alert.when).await {
                    Ok(rows) => {
                        fits = true;
                        if rows.num_rows() > 0 {
                            let line = format!("{}: {} in “{}”", alert.when, named(&rows)?, section.title);
                            if !told.contains(&line) {
                                told.push(line);
                            }
                        }
                    }
                    // A section without the columns is not meant.
                    Err(error @ QueryError::Sql(_)) => refused = Some(error),
                    Err(error) => return Err(error.into()),
                }
            }
        }
        if !fits {
            let ids =
                definition.sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>().join(", ");
            let why = refused.map_or_else(
                || format!("no section has the id {:?}", alert.section.as_deref().unwrap_or_default()),
                |error| error.to_string(),
            );
            return Err(UsageError(format!(
                "the alert {:?} fits no section of {} ({ids}): {why}",
                alert.when, definition.name
            ))
            .into());
        }
    }
    Ok(told)
}

/// `Billing, Sales and 3 more`, by the first text that names rows.
fn named(rows: &arrow::array::RecordBatch) -> anyhow::Result<String> {
    const NAMES: [&str; 8] =
        ["group_name", "queue_name", "agent_name", "check", "result_class", "from_queue", "local", "day"];
    let schema = rows.schema();
    let column = NAMES.iter().find_map(|name| schema.index_of(name).ok());
    let line = schema.index_of("line").ok();
    let mut names = Vec::new();
    for row in 0..rows.num_rows().min(NAMED) {
        let name = match column.filter(|at| !rows.column(*at).is_null(row)).or(line) {
            Some(at) => array_value_to_string(rows.column(at), row)?,
            None => format!("row {}", row + 1),
        };
        names.push(name);
    }
    let more = rows.num_rows().saturating_sub(NAMED);
    Ok(match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    })
}
