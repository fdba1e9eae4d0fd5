//! Deliveries to an object store: each file is put atomically, and a repetition replaces it.

use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use url::Url;

use super::error::DeliveryError;
use super::payload::DeliveryPayload;
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};

/// Parses a URL, and checks that it names a supported store and contains no secret.
pub(super) fn parse_url(text: &str, environment: &Environment) -> Result<Url, ScheduleError> {
    let wrong =
        |why: String| invalid(format!("deliver: store: {why}; write a URL such as s3://bucket/reports"));
    let url: Url = text.parse().map_err(|error| wrong(format!("it is no URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(invalid(
            "deliver: store: credentials are never written in the configuration; the store takes them from its \
             own variables, such as AWS_ACCESS_KEY_ID",
        ));
    }
    open(&url, environment).map_err(|error| wrong(error.to_string()))?;
    Ok(url)
}

fn open(
    url: &Url,
    environment: &Environment,
) -> object_store::Result<(Box<dyn object_store::ObjectStore>, Path)> {
    // A store ignores variables that it does not know.
    let options = environment.variables().map(|(name, value)| (name.to_ascii_lowercase(), value));
    object_store::parse_url_opts(url, options)
}

/// Puts the files of a report. Their credentials come from `environment`.
pub(super) async fn put(
    url: &Url,
    payload: &DeliveryPayload,
    environment: &Environment,
) -> Result<(), DeliveryError> {
    let (store, prefix) =
        open(url, environment).map_err(|error| DeliveryError::Permanent(error.to_string()))?;
    for file in &payload.files {
        let path = prefix.clone().join(file.name.as_str());
        store.put(&path, PutPayload::from(file.bytes.clone())).await.map_err(|error| match error {
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. }
            | object_store::Error::NotSupported { .. } => DeliveryError::Permanent(error.to_string()),
            error => DeliveryError::Transient(error.to_string()),
        })?;
    }
    Ok(())
}
