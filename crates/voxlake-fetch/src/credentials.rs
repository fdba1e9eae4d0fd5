//! Credentials of the API.

use std::fmt;

use secrecy::SecretString;

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

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(REDACTED)")
    }
}
