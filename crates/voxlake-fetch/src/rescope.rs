//! Sync that widens the scope of a lake.

use voxlake_lake::Lake;

use crate::scope::filter_to_widen;
use crate::{ApiClient, ApiConfig, Clock, FetchError, LakeSync, ResolvedFilter, SyncOptions};

impl LakeSync {
    /// Creates the sync that widens the scope of `lake` to `target`, with the account of `config`.
    ///
    /// # Errors
    /// [`FetchError::ScopeNotWider`] if the lake may hold calls that `target` excludes. Fails if
    /// the configuration is invalid.
    pub async fn widening(
        lake: Lake,
        target: &ResolvedFilter,
        config: ApiConfig,
        clock: Clock,
        options: SyncOptions,
    ) -> Result<Self, FetchError> {
        let filter = filter_to_widen(&lake, &target.filter, &target.words).await?;
        let client = ApiClient::new(config.with_filter(filter), clock)?;
        Ok(Self::new(client, lake, options)
            .with_scope_description(target.words.clone())
            .with_wider_scope(target.filter.clone()))
    }
}
