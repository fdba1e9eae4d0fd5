//! Origin of the calls of a lake: one simulated contact center, or the API.
//!
//! Figures over calls of two centers, or over simulated and real calls, would be meaningless.

use voxlake_lake::{Lake, WriterLock};
use voxlake_sim::CentreConfig;

use crate::exit::UsageError;

/// Prefix of the origin of every lake of simulated calls.
const SIMULATED: &str = "simulated calls";

/// Claims the lake for the calls of a simulated center. `less` names omitted data, if there is any.
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

/// Refuses to add real calls to a lake of simulated ones.
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
