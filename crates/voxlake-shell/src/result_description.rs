//! Description of the result of a named query, for its presentation.

use voxlake_query::{BoundQuery, Column, LakeSession, QueryError};
use voxlake_report::{ColumnMeta, ResultDescription};

/// Maximum rows of a table, which is laid out in memory. Other formats have no limit.
pub const TABLE_ROWS: usize = 10_000;

/// Describes the result of a named query over the calls of `session`. If `exact`, formats for
/// people show exact values.
///
/// # Errors
/// As [`LakeSession::gaps`].
pub async fn describe_result(
    query: &BoundQuery<'_>,
    session: &LakeSession,
    exact: bool,
) -> Result<ResultDescription, QueryError> {
    let columns = query.describe_columns(session).await?.into_iter().map(|described| {
        let Column { name, kind, unit, help, .. } = described.column;
        ColumnMeta::new(name, unit.as_deref(), kind.is_number(), help)
            .with_key(described.is_key)
            .with_labels(described.labels)
    });
    let description = ResultDescription::new(&query.query.name, columns.collect());
    Ok(description.with_timezone(query.zone.name()).with_exact(exact))
}
