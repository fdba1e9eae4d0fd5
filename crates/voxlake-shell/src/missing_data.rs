//! Notes about data that the lake lacks for a query.

use chrono::{DateTime, Utc};
use indicatif::HumanCount;
use voxlake_lake::TimeRange;
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
    let records = match session.rejects(period).await? {
        0 => return Ok(notes),
        1 => "1 record".to_owned(),
        many => format!("{} records", HumanCount(many as u64)),
    };
    notes.push(format!(
        "{records} of windows that touch this period could not be stored: `voxlake rejects list` shows the reasons"
    ));
    Ok(notes)
}
