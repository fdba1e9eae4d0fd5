//! Credentials from the environment or a file, never from arguments, which other users can see.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use voxlake_fetch::Credentials;
use voxlake_schedule::secret_file::read_secret_file;

use crate::exit::UsageError;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    account_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
}

/// Loads the credentials, each from its variable or else from the file.
pub(crate) fn load(file: Option<&Path>) -> Result<Credentials, UsageError> {
    let file = file.map(read).transpose()?.unwrap_or_default();
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let account_id = given("ZOOM_ACCOUNT_ID").or(file.account_id);
    let client_id = given("ZOOM_CLIENT_ID").or(file.client_id);
    let client_secret = given("ZOOM_CLIENT_SECRET").map(SecretString::from).or(file.client_secret);
    match (account_id, client_id, client_secret) {
        (Some(account_id), Some(client_id), Some(client_secret)) => {
            Ok(Credentials::new(account_id, client_id, client_secret))
        }
        (account_id, client_id, client_secret) => {
            let missing: Vec<&str> = [
                ("ZOOM_ACCOUNT_ID", account_id.is_none()),
                ("ZOOM_CLIENT_ID", client_id.is_none()),
                ("ZOOM_CLIENT_SECRET", client_secret.is_none()),
            ]
            .into_iter()
            .filter_map(|(name, missing)| missing.then_some(name))
            .collect();
            Err(UsageError(format!(
                "no credentials: set {}, or pass a TOML file with account_id, client_id and client_secret by \
                 --credentials. They are those of a Server-to-Server OAuth app; `voxlake demo` needs none",
                missing.join(", ")
            )))
        }
    }
}

fn read(file: &Path) -> Result<File, UsageError> {
    let text = read_secret_file(file)
        .map_err(|why| UsageError(format!("the file with the credentials, {}, {why}", file.display())))?;
    // The parser's message would contain the line, and with it a secret.
    toml::from_str(text.expose_secret()).map_err(|_| {
        UsageError(format!(
            "{} is not a TOML file with account_id, client_id and client_secret as strings",
            file.display()
        ))
    })
}
