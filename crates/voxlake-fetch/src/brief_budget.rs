//! Budget of a few requests outside of a sync.

use std::sync::Arc;

use voxlake_lake::{Lake, LakeError, LakeLocation};

use crate::budget::Budget;
use crate::clock::Clock;
use crate::error::FetchError;

/// In-memory lake, for requests that no ledger can record.
const IN_MEMORY_LAKE: &str = "memory:///";

/// Budget of a few requests.
#[non_exhaustive]
pub struct BriefBudget {
    /// Budget of the lake, or of this process.
    pub budget: Budget,
    /// Reason for which the ledger of the lake does not record the requests: another process writes
    /// to the lake.
    pub unrecorded: Option<LakeError>,
}

impl BriefBudget {
    /// Opens the budget of a lake, of which `per_day` requests may be spent per UTC day. Without a
    /// lake, or while another process writes to it, only the requests of this budget count.
    ///
    /// # Errors
    /// [`FetchError::Lake`] if the lake cannot be read or written.
    pub async fn open(
        location: &LakeLocation,
        clock: Clock,
        per_day: Option<u64>,
    ) -> Result<Self, FetchError> {
        let mut unrecorded = None;
        let locked = match Lake::open(location).await {
            Ok(lake) => match lake.lock(clock()).await {
                Ok(lock) => Some((lake, lock)),
                Err(error @ LakeError::Locked { .. }) => {
                    unrecorded = Some(error);
                    None
                }
                Err(error) => return Err(error.into()),
            },
            Err(LakeError::NoLake { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let budget = match locked {
            Some((lake, lock)) => Budget::open(lake, Arc::new(lock), clock, per_day).await?,
            None => Self::in_memory(clock, per_day).await?,
        };
        Ok(Self { budget, unrecorded })
    }

    /// Opens a budget whose requests no ledger records.
    pub(crate) async fn in_memory(clock: Clock, per_day: Option<u64>) -> Result<Budget, FetchError> {
        let lake = Lake::create(IN_MEMORY_LAKE).await?;
        let lock = lake.lock(clock()).await?;
        Budget::open(lake, Arc::new(lock), clock, per_day).await
    }
}
