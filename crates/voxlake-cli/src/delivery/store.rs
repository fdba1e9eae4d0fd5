//! Into an object store: a put is whole or not at all, and a second time is the same object again.

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use url::Url;

use super::{DeliveryError, Parcel};
use crate::exit::UsageError;

/// The URL, if this build can reach such a store and nothing in it is a secret.
pub(super) fn checked(text: &str) -> Result<Url, UsageError> {
    let wrong =
        |why: String| UsageError(format!("deliver: store: {why}; write a URL such as s3://bucket/reports"));
    let url: Url = text.parse().map_err(|error| wrong(format!("it is no URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(UsageError(
            "deliver: store: credentials are never written in the configuration; the store takes them from its \
             own variables, such as AWS_ACCESS_KEY_ID"
                .to_owned(),
        ));
    }
    open(&url).map_err(|error| wrong(error.to_string()))?;
    Ok(url)
}

fn open(url: &Url) -> object_store::Result<(Box<dyn object_store::ObjectStore>, Path)> {
    // The variables of a store; others mean nothing to it.
    let options = std::env::vars().map(|(name, value)| (name.to_ascii_lowercase(), value));
    object_store::parse_url_opts(url, options)
}

pub(super) async fn put(url: &Url, parcel: &Parcel) -> Result<(), DeliveryError> {
    let (store, prefix) = open(url).map_err(|error| DeliveryError::Lasting(error.to_string()))?;
    for file in &parcel.files {
        let path = prefix.clone().join(file.name.as_str());
        store.put(&path, PutPayload::from(file.bytes.clone())).await.map_err(|error| match error {
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. }
            | object_store::Error::NotSupported { .. } => DeliveryError::Lasting(error.to_string()),
            error => DeliveryError::Passing(error.to_string()),
        })?;
    }
    Ok(())
}
