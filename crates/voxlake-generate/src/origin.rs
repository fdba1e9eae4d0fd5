//! Origin of the calls of a lake: one simulated contact centre, or the API.
//!
//! Figures over calls of two centres, or over simulated and real calls, would be meaningless.

use chrono::{DateTime, Utc};
use voxlake_lake::{Lake, WriterLock};
use voxlake_sim::CentreConfig;

use crate::error::GenerateError;

/// Prefix of the origin of every lake of simulated calls.
const SIMULATED: &str = "simulated calls";

/// Claims a lake for the calls of a simulated centre. Holds the writer lock for the time of the
/// claim.
///
/// # Errors
/// [`GenerateError::OtherOrigin`] if the lake has other calls; [`GenerateError::Lake`] if it is
/// locked, or cannot be read or written.
pub async fn claim_simulated(
    lake: &Lake,
    centre: &CentreConfig,
    now: DateTime<Utc>,
) -> Result<(), GenerateError> {
    lake.with_writer_lock(now, async |lock| claim(lake, &lock, centre, None).await).await
}

/// Claims the lake for the calls of a simulated centre. `omitted` names omitted data, if there is
/// any.
pub(crate) async fn claim(
    lake: &Lake,
    lock: &WriterLock,
    centre: &CentreConfig,
    omitted: Option<&str>,
) -> Result<(), GenerateError> {
    let CentreConfig { seed, calls_per_day, queues, agents, .. } = centre;
    let mut origin =
        format!("{SIMULATED}: seed {seed}, {calls_per_day} a day, {queues} queues, {agents} agents");
    if let Some(omitted) = omitted {
        origin = format!("{origin}, {omitted}");
    }
    let known = lake.origin().await?;
    if known.as_deref() == Some(&origin) {
        return Ok(());
    }
    if known.is_some() || !lake.days().await?.is_empty() {
        let origin = known.unwrap_or_else(|| "calls that were not simulated here".to_owned());
        return Err(GenerateError::OtherOrigin { lake: lake.location().to_owned(), origin });
    }
    Ok(lake.set_origin(lock, &origin).await?)
}

/// Returns an error if a lake holds simulated calls, so that real ones are not added to them.
///
/// # Errors
/// [`GenerateError::Simulated`] for a lake of simulated calls; [`GenerateError::Lake`] if its
/// origin cannot be read.
pub async fn refuse_simulated(lake: &Lake) -> Result<(), GenerateError> {
    match lake.origin().await? {
        Some(origin) if origin.starts_with(SIMULATED) => {
            Err(GenerateError::Simulated { lake: lake.location().to_owned(), origin })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lake_has_one_origin() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let now = DateTime::UNIX_EPOCH;
        refuse_simulated(&lake).await.unwrap();

        let centre = CentreConfig::default();
        for _ in 0..2 {
            claim_simulated(&lake, &centre, now).await.unwrap();
        }
        let other = claim_simulated(&lake, &centre.clone().with_seed(2), now).await.unwrap_err();
        assert!(matches!(&other, GenerateError::OtherOrigin { .. }), "{other}");
        let lock = lake.lock(now).await.unwrap();
        let other = claim(&lake, &lock, &centre, Some("without legs")).await.unwrap_err();
        assert!(other.to_string().contains("holds simulated calls: seed 1, "), "{other}");
        let real = refuse_simulated(&lake).await.unwrap_err();
        assert!(matches!(&real, GenerateError::Simulated { .. }), "{real}");
    }
}
