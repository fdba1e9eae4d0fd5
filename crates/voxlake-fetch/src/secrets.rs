//! Secrets of our own that a server may repeat in its texts.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use url::form_urlencoded;

use crate::credentials::Credentials;

/// Shorter values are words that may stand anywhere.
const MIN_SECRET_CHARS: usize = 4;
const REDACTED: &str = "[redacted]";

/// Values that are redacted from texts of a server.
pub(crate) struct Secrets(Vec<SecretString>);

impl Secrets {
    /// The account id, the client's id and secret, and what is sent as their Basic authorization.
    pub(crate) fn new(credentials: &Credentials) -> Self {
        let (id, secret) = (&credentials.client_id, credentials.client_secret.expose_secret());
        let basic = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        Self([&basic, secret, &credentials.account_id, id].into_iter().flat_map(forms).collect())
    }

    /// `text` without the secrets and without `token`, in any of the forms in which they are sent.
    pub(crate) fn redacted(&self, text: &str, token: Option<&str>) -> String {
        let token: Vec<SecretString> = token.into_iter().flat_map(forms).collect();
        token.iter().chain(&self.0).fold(text.to_owned(), |text, secret| {
            let secret = secret.expose_secret();
            if text.contains(secret) { text.replace(secret, REDACTED) } else { text }
        })
    }
}

/// A value as it is, and as it stands in a URL.
fn forms(value: &str) -> Vec<SecretString> {
    let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let mut forms = vec![value.to_owned(), encoded];
    forms.dedup();
    forms.retain(|form| form.chars().count() >= MIN_SECRET_CHARS);
    forms.into_iter().map(SecretString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_repeats_of_our_secrets_is_redacted() {
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
            assert_eq!(secrets.redacted(text, Some("token-1")), expected);
        }
    }
}
