//! Deliveries to an object store: each file is put atomically, and a repetition replaces it.

use object_store::{ObjectStoreExt as _, PutPayload};
use url::Url;
use voxlake_lake::open_store;

use super::error::DeliveryError;
use super::payload::DeliveryPayload;
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};

/// Parses a URL, and checks that it names a supported store and contains no secret.
pub(super) fn parse_url(text: &str, environment: &Environment) -> Result<Url, ScheduleError> {
    let wrong =
        |why: String| invalid(format!("deliver: store: {why}; write a URL such as s3://bucket/reports"));
    let url: Url = text.parse().map_err(|error| wrong(format!("it is no URL ({error})")))?;
    match open_store(&url, environment.store()) {
        Ok(_) => Ok(url),
        Err(error) => Err(wrong(error.to_string())),
    }
}

/// Puts the files of a report. Their credentials come from `environment`.
pub(super) async fn put(
    url: &Url,
    payload: &DeliveryPayload,
    environment: &Environment,
) -> Result<(), DeliveryError> {
    let (store, prefix) =
        open_store(url, environment.store()).map_err(|error| DeliveryError::Permanent(error.to_string()))?;
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
