//! Checks of the rows that figures select by the name of a queue, team, agent, flow or country.

use voxlake_lake::TimeRange;
use voxlake_query::{EntityKind, LakeSession, NamedQuery, QueryError, QueryLibrary};
use voxlake_report::{QueryRequest, ReportDefinition, View};

use crate::error::ScheduleError;

/// Checks the ids and names in the `where` of all figures. Returns notices about those that no call
/// of `period` has, each with the query of its figure.
///
/// # Errors
/// [`ScheduleError::UnknownNames`] for an id or name that no call of the lake ever had; a query
/// error if the names cannot be read.
pub(super) async fn check_figure_rows(
    session: &LakeSession,
    definition: &ReportDefinition,
    queries: &QueryLibrary,
    period: TimeRange,
) -> Result<Vec<(QueryRequest, String)>, ScheduleError> {
    let mut notices = Vec::new();
    for section in &definition.sections {
        let View::Figures(figures) = &section.view else { continue };
        for figure in figures {
            let query = queries.get(&figure.request.query)?;
            for (column, value) in &figure.row {
                let Some(kind) = entity_kind(query, &figure.request, column) else { continue };
                let checked = session.check_names(kind, std::slice::from_ref(value), period).await;
                let found = checked.map_err(|error| unknown_names(error, definition, &section.title))?;
                notices.extend(found.into_iter().map(|notice| (figure.request.clone(), notice)));
            }
        }
    }
    Ok(notices)
}

/// Adds the report and the section to an error about an unknown id or name.
pub(super) fn unknown_names(error: QueryError, report: &ReportDefinition, section: &str) -> ScheduleError {
    match error {
        error @ QueryError::UnknownNames { .. } => ScheduleError::UnknownNames {
            report: report.name.clone(),
            section: section.to_owned(),
            source: Box::new(error),
        },
        error => error.into(),
    }
}

/// Returns the kind of the objects that a column of an answer names; `None` for other columns.
fn entity_kind(query: &NamedQuery, request: &QueryRequest, column: &str) -> Option<EntityKind> {
    match column {
        "queue_id" | "queue_name" | "from_id" | "from_queue" | "to_id" | "to_queue" => {
            Some(EntityKind::Queue)
        }
        "agent_id" | "agent_name" => Some(EntityKind::Agent),
        "group_id" | "group_name" => {
            let by = query.parameters.iter().find(|parameter| parameter.name == "by")?;
            let given = request.parameters.get("by").and_then(|values| values.first());
            let grouping = given.or(by.default.as_ref())?;
            EntityKind::ALL.into_iter().find(|kind| kind.name() == grouping)
        }
        _ => None,
    }
}
