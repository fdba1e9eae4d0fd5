//! Stores of lakes in the processes of a cluster.
//!
//! A plan names a lake by a URL whose host is the location of the lake in hexadecimal digits:
//! `voxlake-lake://2f646174612f6c616b65/`. Each process opens the store itself, with the
//! credentials of its own environment.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::{ObjectStoreRegistry, ObjectStoreUrl};
use object_store::ObjectStore;
use url::Url;
use voxlake_lake::{Lake, LakeLocation, StoreOptions};

/// Scheme of URLs of lakes.
const SCHEME: &str = "voxlake-lake";

/// Returns the URL under which the processes of a cluster find `lake`.
///
/// # Errors
/// None in practice: hexadecimal digits are a valid host.
pub fn lake_url(lake: &Lake) -> Result<ObjectStoreUrl> {
    let mut url = format!("{SCHEME}://");
    for byte in lake.absolute_location().bytes() {
        write!(url, "{byte:02x}").map_err(|error| DataFusionError::External(error.into()))?;
    }
    ObjectStoreUrl::parse(url)
}

/// Returns the location of the lake that `url` names.
fn location(url: &Url) -> Option<String> {
    if url.scheme() != SCHEME {
        return None;
    }
    let digits = url.host_str()?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    String::from_utf8(digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>()?).ok()
}

/// Registry that opens the stores of lakes, and no others.
#[derive(Debug, Default)]
pub struct LakeStores {
    options: StoreOptions,
    opened: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl LakeStores {
    /// Creates the registry. `options` has the credentials and endpoints of object stores.
    #[must_use]
    pub fn new(options: StoreOptions) -> Self {
        Self { options, opened: Mutex::default() }
    }
}

impl ObjectStoreRegistry for LakeStores {
    /// Does nothing: the stores of lakes are opened by location.
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let Some(location) = location(url) else {
            return Err(DataFusionError::Execution(format!("{url} is not the store of a lake")));
        };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = opened.get(&location) {
            return Ok(Arc::clone(store));
        }
        let lake = LakeLocation::from(location.as_str()).with_options(self.options.clone());
        let store = Lake::store_at(&lake).map_err(|error| DataFusionError::External(Box::new(error)))?;
        opened.insert(location, Arc::clone(&store));
        Ok(store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stores_open_by_location() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().join("my läke").to_string_lossy().as_ref()).await.unwrap();
        let url = lake_url(&lake).unwrap();
        let stores = LakeStores::default();
        let store = stores.get_store(url.as_ref()).unwrap();
        assert!(Arc::ptr_eq(&store, &stores.get_store(url.as_ref()).unwrap()));
        assert_eq!(location(url.as_ref()).unwrap(), lake.absolute_location());
        for other in ["file:///", "s3://bucket/", "voxlake-lake://xyz/", "voxlake-lake://2f6e6f7768657265/"] {
            assert!(stores.get_store(&other.parse().unwrap()).is_err(), "{other}");
        }
    }
}
