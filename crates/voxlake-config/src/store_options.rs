//! Options of the lake's object store, from the `[store]` table, a file with credentials and the
//! standard variables of the stores.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret as _;
use voxlake_lake::{StoreOptions, is_store_option};
use voxlake_schedule::secret_file::read_secret_file;

use crate::error::{ConfigError, invalid};
use crate::store::StoreSettings;

/// Words in the names of options that hold secrets.
const SECRET_WORDS: [&str; 5] = ["key", "secret", "token", "password", "sas"];
/// Options without a secret whose names contain such a word.
const PUBLIC_OPTIONS: [&str; 3] =
    ["aws_sse_kms_key_id", "aws_sse_bucket_key_enabled", "azure_fabric_token_service_url"];

/// Returns the options of the table and its file with credentials, overridden by those of the
/// `environment`.
///
/// # Errors
/// [`ConfigError::Invalid`] for unknown or secret options, and a file that cannot be used.
pub(crate) fn resolve_store(
    settings: &StoreSettings,
    environment: &StoreOptions,
) -> Result<StoreOptions, ConfigError> {
    let mut options = table_options(settings)?;
    if let Some(path) = &settings.credentials {
        options = options.overridden_by(&credentials(path, environment)?);
    }
    Ok(options.overridden_by(environment))
}

fn table_options(settings: &StoreSettings) -> Result<StoreOptions, ConfigError> {
    let mut options = StoreOptions::default();
    if let Some(endpoint) = &settings.endpoint {
        let text = endpoint.as_str().trim_end_matches('/');
        for name in ["aws_endpoint", "azure_endpoint", "google_base_url"] {
            options = options.with(name, text);
        }
    }
    for (name, value) in [("aws_region", &settings.region), ("azure_storage_account_name", &settings.account)]
    {
        if let Some(value) = value {
            options = options.with(name, value.as_str());
        }
    }
    if settings.allow_http {
        options = options.with("allow_http", "true");
    }
    if settings.anonymous {
        for name in ["aws_skip_signature", "azure_skip_signature", "google_skip_signature"] {
            options = options.with(name, "true");
        }
    }
    for (name, value) in &settings.options {
        check_option(name)?;
        options = options.with(name, value.as_str());
    }
    Ok(options)
}

/// Checks the name of an option in `[store.options]`.
fn check_option(name: &str) -> Result<(), ConfigError> {
    if !is_store_option(name) {
        return Err(invalid(format!(
            "store.options: no object store has an option {name}: write a name such as aws_server_side_encryption"
        )));
    }
    let is_secret = SECRET_WORDS.iter().any(|word| name.contains(word));
    if is_secret && !name.ends_with("_file") && !PUBLIC_OPTIONS.contains(&name) {
        return Err(invalid(format!(
            "store.options: {name} is a secret: set its variable, or write it in the file that store.credentials names"
        )));
    }
    Ok(())
}

/// Reads the credentials in a file. Those of a store of which the environment has credentials are
/// ignored: a key of one source does not fit the secret of another.
fn credentials(path: &Path, environment: &StoreOptions) -> Result<StoreOptions, ConfigError> {
    let file = path.display();
    let text = read_secret_file(path)
        .map_err(|fault| invalid(format!("store.credentials: the file {file} {fault}")))?;
    // The parser's message would contain the line, and with it a secret.
    let table: BTreeMap<String, String> = toml::from_str(text.expose_secret()).map_err(|_| {
        invalid(format!(
            "store.credentials: {file} is not a TOML file with options such as aws_access_key_id as strings"
        ))
    })?;
    let mut options = StoreOptions::default();
    for (name, value) in table {
        if !is_store_option(&name) {
            return Err(invalid(format!(
                "store.credentials: no object store has the option {name} of {file}"
            )));
        }
        let vendor = name.split_once('_').map_or("", |(vendor, _)| vendor);
        let is_overridden = environment
            .names()
            .any(|known| known.starts_with(vendor) && SECRET_WORDS.iter().any(|word| known.contains(word)));
        if !is_overridden {
            options = options.with(&name, value);
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> StoreSettings {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn variables_override_the_table() {
        let settings = settings("endpoint = 'https://minio.example/'\nregion = 'eu-central-1'");
        let environment = StoreOptions::from_variables([("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT", "")]);
        let options = resolve_store(&settings, &environment).unwrap();
        assert_eq!(options.get("aws_region"), Some("eu-west-1"));
        assert_eq!(options.get("aws_endpoint"), Some("https://minio.example"));
    }

    #[test]
    fn secrets_are_refused_in_the_table() {
        for (name, word) in [
            ("aws_secret_access_key", "is a secret"),
            ("azure_storage_account_key", "is a secret"),
            ("aws_session_token", "is a secret"),
            ("aws_regoin", "no object store has an option"),
        ] {
            let error = resolve_store(
                &settings(&format!("options = {{ {name} = 'x1y2' }}")),
                &StoreOptions::default(),
            );
            let error = error.unwrap_err().to_string();
            assert!(error.contains(word) && !error.contains("x1y2"), "{error}");
        }
        let encryption =
            settings("options = { aws_server_side_encryption = 'aws:kms', aws_sse_kms_key_id = 'k' }");
        assert!(resolve_store(&encryption, &StoreOptions::default()).is_ok());
    }

    #[test]
    fn credentials_of_two_sources_are_not_mixed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.toml");
        std::fs::write(
            &path,
            "aws_access_key_id = 'file'\naws_secret_access_key = 'f'\naws_session_token = 't'\n",
        )
        .unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let settings = StoreSettings { credentials: Some(path), ..StoreSettings::default() };
        let options = resolve_store(&settings, &StoreOptions::default()).unwrap();
        assert_eq!(options.get("aws_access_key_id"), Some("file"));
        let environment =
            StoreOptions::from_variables([("AWS_ACCESS_KEY_ID", "env"), ("AWS_SECRET_ACCESS_KEY", "e")]);
        let options = resolve_store(&settings, &environment).unwrap();
        assert_eq!((options.get("aws_access_key_id"), options.get("aws_session_token")), (Some("env"), None));
    }
}
