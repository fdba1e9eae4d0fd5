//! Redaction of secrets that a server may repeat in its texts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use crate::credentials::Credentials;

/// Minimum length of a redacted value: shorter ones occur in ordinary words.
const MIN_SECRET_CHARS: usize = 4;
const REDACTED: &str = "[redacted]";

/// Values that are redacted from texts of a server.
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Collects the account id, client id, client secret, and their Basic authorization.
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let (id, secret) = (&credentials.client_id, credentials.client_secret.expose_secret());
        let basic = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        Self([&basic, secret, &credentials.account_id, id].into_iter().flat_map(encodings).collect())
    }

    /// Returns `text` without the secrets and `token`, in any encoding in which they are sent.
    pub(crate) fn redact(&self, text: &str, token: Option<&str>) -> String {
        let token: Vec<SecretString> = token.into_iter().flat_map(encodings).collect();
        token.iter().chain(&self.0).fold(text.to_owned(), |text, secret| {
            let secret = secret.expose_secret();
            if text.contains(secret) { text.replace(secret, REDACTED) } else { text }
        })
    }
}

/// Returns the plain and the URL-encoded form of a value.
fn encodings(value: &str) -> Vec<SecretString> {
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let mut encodings = vec![value.to_owned(), encoded];
    encodings.dedup();
    encodings.retain(|form| form.chars().count() >= MIN_SECRET_CHARS);
    encodings.into_iter().map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_secrets_are_redacted() {
        let secrets = Secrets::new(&Credentials {
            account_id: "acc/ount".into(),
            client_id: "client".into(),
            client_secret: SecretString::from("se cret"),
        });
        for (text, expected) in [
            ("Bearer token-1 is invalid", "Bearer [redacted] is invalid"),
            ("Basic Y2xpZW50OnNlIGNyZXQ=", "Basic [redacted]"),
            ("client:se cret", "[redacted]:[redacted]"),
            ("account_id=acc%2Fount&secret=se+cret", "account_id=[redacted]&secret=[redacted]"),
            ("no such account acc/ount", "no such account [redacted]"),
            ("nothing to hide", "nothing to hide"),
        ] {
            assert_eq!(secrets.redact(text, Some("token-1")), expected);
        }
    }
}
