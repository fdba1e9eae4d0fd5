//! Credentials from variables or a file, never from options, which other users can see.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use thiserror::Error;
use voxlake_fetch::{Credentials, PartialCredentials};
use voxlake_schedule::secret_file::read_secret_file;

/// Error of loading credentials.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The file cannot be read, or other users can read it.
    #[error("the file with the credentials, {}, {fault}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Fault of the file, as the rest of a sentence.
        fault: String,
    },
    /// The file has another form.
    #[error(
        "{} is not a TOML file with account_id, client_id and client_secret as strings",
        path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
    },
    /// Some credentials are neither given nor in the file.
    #[error("no credentials: {} are missing", names.join(", "))]
    Missing {
        /// Names of the missing credentials.
        names: Vec<&'static str>,
    },
}

/// Returns the `given` credentials, and those of a file where these lack one.
///
/// # Errors
/// [`CredentialsError`] if the file cannot be used, or a credential is missing.
pub fn load_credentials(
    given: PartialCredentials,
    file: Option<&Path>,
) -> Result<Credentials, CredentialsError> {
    let in_file = file.map(read).transpose()?.unwrap_or_default();
    given.or(in_file).complete().map_err(|names| CredentialsError::Missing { names })
}

fn read(path: &Path) -> Result<PartialCredentials, CredentialsError> {
    let text = read_secret_file(path)
        .map_err(|fault| CredentialsError::Unreadable { path: path.to_owned(), fault })?;
    // The parser's message would contain the line, and with it a secret.
    toml::from_str(text.expose_secret()).map_err(|_| CredentialsError::Invalid { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_credentials_override_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.toml");
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        };
        write("account_id = \"a\"\nclient_id = \"c\"\nclient_secret = \"s\"\n");
        let mut given = PartialCredentials::default();
        given.client_id = Some("other".to_owned());
        let both = load_credentials(given.clone(), Some(&path)).unwrap();
        assert_eq!((both.account_id.as_str(), both.client_id.as_str()), ("a", "other"));
        assert_eq!(
            load_credentials(given, None).unwrap_err(),
            CredentialsError::Missing { names: vec!["account_id", "client_secret"] }
        );
        write("client_secret = 7");
        let invalid = load_credentials(PartialCredentials::default(), Some(&path)).unwrap_err();
        assert!(matches!(invalid, CredentialsError::Invalid { .. }) && !invalid.to_string().contains('7'));
    }
}
