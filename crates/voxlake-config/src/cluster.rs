//! Files with the certificates of a cluster.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use voxlake_schedule::secret_file::read_secret_file;

use crate::error::{ConfigError, invalid};
use crate::table::ClusterSettings;

/// PEM files of the `[cluster]` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFiles {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

/// Content of the files of the `[cluster]` table.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClusterCertificates {
    /// Certificate of the authority.
    pub authority: String,
    /// Certificate of this process.
    pub certificate: String,
    /// Private key of this process.
    pub key: SecretString,
}

impl ClusterFiles {
    /// Returns `None` for an empty table.
    ///
    /// # Errors
    /// For a table that lacks one of the files.
    pub(crate) fn resolve(table: ClusterSettings) -> Result<Option<Self>, ConfigError> {
        match table {
            ClusterSettings { authority: None, certificate: None, key: None } => Ok(None),
            ClusterSettings {
                authority: Some(authority),
                certificate: Some(certificate),
                key: Some(key),
            } => Ok(Some(Self { authority, certificate, key })),
            _ => Err(invalid("[cluster] needs authority, certificate and key, or none of them".to_owned())),
        }
    }

    /// Reads the files.
    ///
    /// # Errors
    /// For a file that cannot be read, and for a private key that other users can read.
    pub fn read(&self) -> Result<ClusterCertificates, ConfigError> {
        let secret =
            |name: &str, path: &Path| read_secret_file(path).map_err(|fault| fault_of(name, path, &fault));
        let public = |name: &str, path: &Path| {
            std::fs::read_to_string(path)
                .map_err(|error| fault_of(name, path, &format!("cannot be read: {error}")))
        };
        Ok(ClusterCertificates {
            authority: public("authority", &self.authority)?,
            certificate: public("certificate", &self.certificate)?,
            key: SecretString::from(secret("key", &self.key)?.expose_secret()),
        })
    }
}

fn fault_of(name: &str, path: &Path, fault: &str) -> ConfigError {
    invalid(format!("cluster.{name}: the file {} {fault}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Option<ClusterFiles>, ConfigError> {
        ClusterFiles::resolve(toml::from_str(text).unwrap())
    }

    #[test]
    fn all_files_or_none() {
        assert_eq!(resolve("").unwrap(), None);
        assert!(resolve("authority = 'a'\ncertificate = 'b'\nkey = 'c'").unwrap().is_some());
        let error = resolve("certificate = 'b'\nkey = 'c'").unwrap_err().to_string();
        assert!(error.contains("authority, certificate and key"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_read_only_if_others_cannot() {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a", "b", "c"] {
            std::fs::write(path(name), name).unwrap();
        }
        let files = ClusterFiles { authority: path("a"), certificate: path("b"), key: path("c") };
        std::fs::set_permissions(path("c"), Permissions::from_mode(0o644)).unwrap();
        let error = files.read().unwrap_err().to_string();
        assert!(error.contains("cluster.key") && error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(path("c"), Permissions::from_mode(0o600)).unwrap();
        let read = files.read().unwrap();
        assert_eq!((read.certificate.as_str(), read.key.expose_secret()), ("b", "c"));
        std::fs::remove_file(path("a")).unwrap();
        assert!(files.read().unwrap_err().to_string().contains("cluster.authority"));
    }
}
