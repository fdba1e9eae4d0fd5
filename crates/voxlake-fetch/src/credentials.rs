//! Credentials of the API.

use std::fmt;

use secrecy::SecretString;

/// Credentials of a Server-to-Server OAuth app.
#[derive(Clone)]
pub struct Credentials {
    /// The account's id.
    pub account_id: String,
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(REDACTED)")
    }
}
