//! Locations of lakes for other processes.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::prefix::PrefixStore;

use super::Lake;
use crate::error::LakeError;
use crate::location::LakeLocation;
use crate::store::open_store;

impl Lake {
    /// Location of the lake for other processes: an absolute path or a URL, without options.
    #[must_use]
    pub fn absolute_location(&self) -> String {
        let absolute = |root: &PathBuf| std::path::absolute(root).unwrap_or_else(|_| root.clone());
        match self.root.as_ref().map(absolute) {
            Some(root) => root.to_string_lossy().into_owned(),
            None => self.location.as_str().to_owned(),
        }
    }

    /// Opens the store of the lake at a location. Checks neither the credentials nor whether there
    /// is a lake.
    ///
    /// # Errors
    /// [`LakeError::InvalidLocation`] for a URL that this build does not support, and if a local
    /// folder does not exist.
    pub fn store_at(location: &LakeLocation) -> Result<Arc<dyn ObjectStore>, LakeError> {
        if let Some(root) = location.folder()? {
            return Ok(Self::local(location, root)?.store);
        }
        let opened = open_store(&location.url()?, location.options());
        let (store, prefix) = opened.map_err(|error| location.invalid(error.to_string()))?;
        Ok(Arc::new(PrefixStore::new(store, prefix)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn absolute_location_opens_the_same_store() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(&folder.path().to_string_lossy()).await.unwrap();
        let location = lake.absolute_location();
        assert!(location.starts_with('/'), "{location}");
        std::fs::write(folder.path().join("file"), "x").unwrap();
        let path = object_store::path::Path::from("file");
        let found =
            object_store::ObjectStoreExt::head(&Lake::store_at(&location.into()).unwrap(), &path).await;
        assert_eq!(found.unwrap().size, 1);
        assert!(Lake::store_at(&"nonsense://bucket/lake".into()).is_err());
    }
}
