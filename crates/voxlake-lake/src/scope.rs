//! Scope of a lake: the conditions on its calls, if it does not hold all calls.
//!
//! The lake stores the conditions for the crate that fetches and does not interpret them. Coverage
//! records the [`ScopeId`] of each range, so a range of another scope does not count as fetched.

use bytes::Bytes;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreContext as _;
use crate::{Lake, LakeError, ScopeId, WriterLock, layout};

/// Conditions on the calls of a lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Identity of the conditions. `None` while the lake is widened to all calls.
    pub id: Option<ScopeId>,
    /// The conditions in words, such as `direction inbound`.
    pub words: String,
    /// The conditions, opaque to this crate.
    pub filter: Value,
    /// The previous conditions while a widening is unfinished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widened_from: Option<Value>,
    /// UTC day on which the API was last seen to apply the conditions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_on: Option<NaiveDate>,
}

impl Lake {
    /// Scope of the lake. `None` if it holds all calls.
    ///
    /// # Errors
    /// [`LakeError::UnreadableScope`] if the scope file is malformed.
    pub async fn scope(&self) -> Result<Option<Scope>, LakeError> {
        let path = layout::scope();
        let Some(bytes) = self.read_file(&path).await? else { return Ok(None) };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LakeError::UnreadableScope { path: path.to_string(), reason: error.to_string() })
    }

    /// Identity of the lake's scope, as recorded in coverage.
    ///
    /// # Errors
    /// As [`Lake::scope`].
    pub async fn scope_id(&self) -> Result<Option<ScopeId>, LakeError> {
        Ok(self.scope().await?.and_then(|scope| scope.id))
    }

    /// Stores the scope of the lake; `None` for all calls.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn set_scope(&self, lock: &WriterLock, scope: Option<&Scope>) -> Result<(), LakeError> {
        let path = layout::scope();
        match scope {
            Some(scope) => {
                let note = serde_json::to_vec_pretty(scope).context("write", path.as_ref())?;
                self.replace(lock, &path, Bytes::from(note)).await
            }
            None => self.delete_file(lock, &path).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn stores_scope_and_reports_damage() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(DateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(lake.scope().await.unwrap(), None);
        let scope = Scope {
            id: Some(ScopeId::from_parts(["direction", "inbound"])),
            words: "direction inbound".to_owned(),
            filter: json!({"direction": ["inbound"]}),
            widened_from: None,
            confirmed_on: None,
        };
        lake.set_scope(&lock, Some(&scope)).await.unwrap();
        assert_eq!(lake.scope().await.unwrap(), Some(scope));
        std::fs::write(folder.path().join("_voxlake/scope.json"), "{").unwrap();
        assert!(matches!(lake.scope_id().await, Err(LakeError::UnreadableScope { .. })));
        lake.set_scope(&lock, None).await.unwrap();
        assert_eq!(lake.scope().await.unwrap(), None);
    }
}
