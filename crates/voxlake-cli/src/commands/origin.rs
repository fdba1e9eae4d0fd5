//! Refusal to mix simulated and real calls in a lake.

use voxlake_generate::GenerateError;
use voxlake_lake::Lake;

use crate::exit::UsageError;

/// Refuses to add real calls to a lake of simulated ones.
pub(crate) async fn refuse_simulated(lake: &Lake) -> anyhow::Result<()> {
    voxlake_generate::refuse_simulated(lake).await.map_err(with_remedy)
}

/// Adds the remedy to an error of a lake with other calls.
pub(crate) fn with_remedy(error: GenerateError) -> anyhow::Error {
    match error {
        GenerateError::OtherOrigin { .. } | GenerateError::Simulated { .. } => {
            UsageError(format!("{error}: name another --lake")).into()
        }
        // Not the wrapper: hints depend on the type of an error.
        GenerateError::Lake(error) => error.into(),
        _ => error.into(),
    }
}
