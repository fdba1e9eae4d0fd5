//! Where a lake's calls are from: simulated ones of one centre, or real ones.
//!
//! Calls of two centres, or invented and real ones, would make figures of neither.

use voxlake_lake::{Lake, WriterLock};
use voxlake_sim::CentreConfig;

use crate::exit::UsageError;

/// Begins the origin of every lake of simulated calls.
const SIMULATED: &str = "simulated calls";

/// Takes the lake for the calls of this centre. `less` says what of them is left out, if anything is.
pub(crate) async fn claim(
    lake: &Lake,
    lock: &WriterLock,
    centre: &CentreConfig,
    less: Option<&str>,
) -> anyhow::Result<()> {
    let CentreConfig { seed, calls_per_day, queues, agents, .. } = centre;
    let mut origin =
        format!("{SIMULATED}: seed {seed}, {calls_per_day} a day, {queues} queues, {agents} agents");
    if let Some(less) = less {
        origin = format!("{origin}, {less}");
    }
    let known = lake.origin().await?;
    if known.as_deref() == Some(&origin) {
        return Ok(());
    }
    if known.is_some() || !lake.days().await?.is_empty() {
        let holds = known.unwrap_or_else(|| "calls that were not simulated here".to_owned());
        let location = lake.location();
        return Err(UsageError(format!(
            "{location} holds {holds}, which calls of another making must not join: name another --lake"
        ))
        .into());
    }
    Ok(lake.set_origin(lock, &origin).await?)
}

/// Refuses a lake of simulated calls, for whoever brings real ones.
pub(crate) async fn refuse_simulated(lake: &Lake) -> anyhow::Result<()> {
    match lake.origin().await? {
        Some(origin) if origin.starts_with(SIMULATED) => Err(UsageError(format!(
            "{} holds {origin}, which real ones must not join: name another --lake",
            lake.location()
        ))
        .into()),
        _ => Ok(()),
    }
}
