//! Notes about data that a session or a query lacks.

use chrono::{DateTime, Utc};
use voxlake_lake::{TimeRange, counted};
use voxlake_query::{
    BoundQuery, LakeSession, QueryError, describe_gaps, describe_gaps_before, describe_scope,
};
use voxlake_report::escape_control_chars;

/// Returns notes about data that the lake lacks for a named query: gaps of its period and of the
/// time before it that it reads, and rejected records. Time after `now` is not missing.
///
/// # Errors
/// As for [`LakeSession::gaps`] and [`LakeSession::rejects`].
pub async fn missing_data(
    session: &LakeSession,
    query: &BoundQuery<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, QueryError> {
    let period = TimeRange { to: query.period.to.min(now), ..query.period };
    let mut notes = describe_gaps(&session.gaps(period).await?, period);
    let before = query.lookback()?;
    if !period.is_empty() {
        notes.extend(describe_gaps_before(&session.gaps(before).await?, before));
    }
    let rejects = session.rejects(period).await?;
    if rejects == 0 {
        return Ok(notes);
    }
    let records = counted(rejects as u64, "record", "records");
    notes.push(format!(
        "{records} of windows that touch this period could not be stored: `voxlake rejects list` shows the reasons"
    ));
    Ok(notes)
}

/// Returns notes about the damaged days that a session leaves out, and about the scope of its lake.
pub fn session_notes(session: &LakeSession) -> Vec<String> {
    let skipped =
        session.skipped().iter().map(|file| format!("skipped: {}", escape_control_chars(&file.to_string())));
    let scope = session.scope().map(|scope| escape_control_chars(&describe_scope(scope)));
    skipped.chain(scope).collect()
}
