//! Credentials from the environment or a file, never from arguments, which other users can see.

use std::path::Path;

use secrecy::SecretString;
use voxlake_config::{CredentialsError, load_credentials};
use voxlake_fetch::{Credentials, PartialCredentials};

use crate::exit::UsageError;

/// Loads the credentials, each from its variable or else from the file.
pub(crate) fn load(file: Option<&Path>) -> Result<Credentials, UsageError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let mut given = PartialCredentials::default();
    given.account_id = variable("ZOOM_ACCOUNT_ID");
    given.client_id = variable("ZOOM_CLIENT_ID");
    given.client_secret = variable("ZOOM_CLIENT_SECRET").map(SecretString::from);
    load_credentials(given, file).map_err(|error| match error {
        CredentialsError::Missing { names, .. } => {
            let variables = names.iter().map(|name| format!("ZOOM_{}", name.to_ascii_uppercase()));
            UsageError(format!(
                "no credentials: set {}, or pass a TOML file with account_id, client_id and client_secret by \
                 --credentials. They are those of a Server-to-Server OAuth app; `voxlake demo` needs none",
                variables.collect::<Vec<_>>().join(", ")
            ))
        }
        error => UsageError(error.to_string()),
    })
}
