//! The `[store]` table: options of the lake's object store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

/// The `[store]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct StoreSettings {
    /// URL of a store that is not the vendor's own, such as `https://minio.example:9000`.
    pub endpoint: Option<Url>,
    /// Region of a bucket in Amazon S3. Default: `us-east-1`.
    pub region: Option<String>,
    /// Storage account of a container in Azure.
    pub account: Option<String>,
    /// True if an endpoint without HTTPS is allowed on any host.
    pub allow_http: bool,
    /// True if requests are sent without credentials.
    pub anonymous: bool,
    /// TOML file with the credentials, by the names of their variables in lower case.
    pub credentials: Option<PathBuf>,
    /// Further options by the names of `object_store`, such as `aws_server_side_encryption`.
    pub options: BTreeMap<String, String>,
}

impl StoreSettings {
    /// Returns the settings that name the recipient of credentials.
    pub(crate) fn recipients(&self) -> Vec<&'static str> {
        let is_local = self.endpoint.as_ref().is_none_or(voxlake_lake::is_loopback);
        let has_option =
            self.options.keys().any(|name| ["endpoint", "url", "host"].iter().any(|w| name.contains(w)));
        let named = [("store.endpoint", !is_local), ("store.options", has_option)];
        named.into_iter().filter_map(|(name, is_named)| is_named.then_some(name)).collect()
    }
}
