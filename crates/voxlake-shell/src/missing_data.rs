//! Notes about data that the lake lacks for a query.

use chrono::{DateTime, Utc};
use voxlake_lake::{TimeRange, counted};
use voxlake_query::{BoundQuery, LakeSession, QueryError, describe_gaps, describe_gaps_before};

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
