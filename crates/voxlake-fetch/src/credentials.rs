//! Credentials of the API.

use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;

/// Credentials of a Server-to-Server OAuth app.
#[derive(Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// Account id.
    pub account_id: String,
    /// Client id of the app.
    pub client_id: String,
    /// Client secret of the app.
    pub client_secret: SecretString,
}

impl Credentials {
    /// Creates credentials from the values on the app's credentials page.
    #[must_use]
    pub fn new(
        account_id: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        Self {
            account_id: account_id.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        }
    }
}

/// Credentials from one source, which may lack some.
///
/// ```
/// use voxlake_fetch::PartialCredentials;
///
/// let mut from_file = PartialCredentials::default();
/// from_file.account_id = Some("account id".to_owned());
/// let missing = from_file.or(PartialCredentials::default()).complete().unwrap_err();
/// assert_eq!(missing, ["client_id", "client_secret"]);
/// ```
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PartialCredentials {
    /// Account id.
    pub account_id: Option<String>,
    /// Client id of the app.
    pub client_id: Option<String>,
    /// Client secret of the app.
    pub client_secret: Option<SecretString>,
}

impl PartialCredentials {
    /// Returns these credentials, and those of `other` where these lack one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            account_id: self.account_id.or(other.account_id),
            client_id: self.client_id.or(other.client_id),
            client_secret: self.client_secret.or(other.client_secret),
        }
    }

    /// Returns the credentials.
    ///
    /// # Errors
    /// The names of missing credentials.
    pub fn complete(self) -> Result<Credentials, Vec<&'static str>> {
        match (self.account_id, self.client_id, self.client_secret) {
            (Some(account_id), Some(client_id), Some(client_secret)) => {
                Ok(Credentials { account_id, client_id, client_secret })
            }
            (account_id, client_id, client_secret) => Err([
                ("account_id", account_id.is_none()),
                ("client_id", client_id.is_none()),
                ("client_secret", client_secret.is_none()),
            ]
            .into_iter()
            .filter_map(|(name, is_missing)| is_missing.then_some(name))
            .collect()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(REDACTED)")
    }
}

impl fmt::Debug for PartialCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialCredentials(REDACTED)")
    }
}
