//! Access token, which all workers share. It is renewed before it expires, or once it is refused.

use std::time::{Duration, Instant};

use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::clock::ServerClock;
use crate::credentials::Credentials;
use crate::limits::MAX_MESSAGE_BYTES;
use crate::response_error::{server_time, token_error};
use crate::secrets::Secrets;
use crate::{FetchError, body};

/// Time before its expiry at which a token is renewed, so that it does not expire in transit.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// Lifetime assumed without `expires_in`: the shorter of the two observed values.
const DEFAULT_LIFETIME_SECONDS: u64 = 3599;
/// Age at which a token is renewed, even if `expires_in` is longer.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Response of the token endpoint.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: SecretString,
    /// Seconds, as a number or a string.
    expires_in: Option<serde_json::Value>,
    scope: Option<String>,
}

impl TokenResponse {
    fn parse(body: &[u8]) -> Result<Self, FetchError> {
        let response: Self = serde_json::from_slice(body).map_err(|_| FetchError::InvalidTokenResponse)?;
        if response.is_usable() { Ok(response) } else { Err(FetchError::InvalidTokenResponse) }
    }

    fn lifetime(&self) -> Duration {
        let parsed = self.expires_in.as_ref().map(|value| value.to_string().trim_matches('"').parse());
        let seconds = parsed.and_then(Result::ok).unwrap_or(DEFAULT_LIFETIME_SECONDS);
        Duration::from_secs(seconds).min(MAX_LIFETIME)
    }

    /// Returns whether the token is valid in a header.
    fn is_usable(&self) -> bool {
        let token = self.access_token.expose_secret();
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// Returns whether `body` is a response with a token.
#[cfg(fuzzing)]
pub(crate) fn is_token(body: &[u8]) -> bool {
    TokenResponse::parse(body).is_ok_and(|answer| !answer.lifetime().is_zero())
}

/// Access token.
#[derive(Clone)]
pub(crate) struct Token {
    secret: SecretString,
    renew_at: Instant,
    /// Sequence number of the token.
    number: u64,
    /// Scopes of the token, separated by spaces, if the endpoint names them.
    scope: Option<String>,
}

impl Token {
    pub(crate) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

/// Source of access tokens: fetches, caches and renews them.
pub(crate) struct TokenSource {
    url: Url,
    credentials: Credentials,
    /// Values that are redacted from texts of the server.
    pub(crate) secrets: Secrets,
    current: Mutex<Option<Token>>,
}

impl TokenSource {
    pub(crate) fn new(oauth_url: &Url, credentials: Credentials) -> Result<Self, FetchError> {
        let mut url = oauth_url.clone();
        url.path_segments_mut()
            .map_err(|()| {
                FetchError::InvalidConfig(format!("the token URL {oauth_url} cannot be a base URL"))
            })?
            .pop_if_empty()
            .extend(["oauth", "token"]);
        let secrets = Secrets::new(&credentials);
        Ok(Self { url, credentials, secrets, current: Mutex::new(None) })
    }

    /// Returns a valid token other than the `refused` one. The lock is held while a token is
    /// fetched, so that concurrent workers wait for the same one.
    pub(crate) async fn get(
        &self,
        client: &Client,
        clock: &ServerClock,
        refused: Option<&Token>,
    ) -> Result<Token, FetchError> {
        let mut current = self.current.lock().await;
        if let Some(token) = &*current
            && Instant::now() < token.renew_at
            && refused.is_none_or(|refused| refused.number < token.number)
        {
            return Ok(token.clone());
        }
        let number = current.as_ref().map_or(0, |token| token.number + 1);
        let token = self.fetch(client, clock, number).await?;
        *current = Some(token.clone());
        Ok(token)
    }

    async fn fetch(&self, client: &Client, clock: &ServerClock, number: u64) -> Result<Token, FetchError> {
        let transport = |error: reqwest::Error| FetchError::Transport {
            host: self.url.host_str().unwrap_or_default().to_owned(),
            source: error.without_url(),
        };
        let (requested_at, requested_at_local) = (Instant::now(), clock.local());
        let http_response = client
            .post(self.url.clone())
            .query(&[("grant_type", "account_credentials"), ("account_id", &self.credentials.account_id)])
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose_secret()))
            .send()
            .await
            .map_err(transport)?;
        let (status, headers) = (http_response.status(), http_response.headers().clone());
        clock.compare(server_time(&headers), requested_at_local)?;
        let body = body::read_body(http_response, MAX_MESSAGE_BYTES).await?;
        if !status.is_success() {
            let redacted = |text: &str| self.secrets.redact(text, None);
            return Err(token_error(status, &headers, &body, clock.local(), redacted));
        }
        let response = TokenResponse::parse(&body)?;
        let lifetime = response.lifetime();
        tracing::debug!(seconds = lifetime.as_secs(), "received an access token");
        Ok(Token {
            secret: response.access_token,
            renew_at: requested_at + lifetime.saturating_sub(RENEW_BEFORE),
            number,
            scope: response.scope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(json: &str) -> TokenResponse {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn lifetimes_are_numbers_or_texts() {
        let seconds = |expires_in: &str| {
            response(&format!(r#"{{"access_token": "t", "expires_in": {expires_in}}}"#)).lifetime().as_secs()
        };
        assert_eq!(seconds("3600"), 3600);
        assert_eq!(seconds(r#""3600""#), 3600);
        assert_eq!(seconds("null"), 3599);
        assert_eq!(seconds(r#""soon""#), 3599);
        assert_eq!(seconds("18446744073709551615"), 86_400);
    }

    #[test]
    fn tokens_are_valid_in_headers() {
        assert!(response(r#"{"access_token": "abc.def-_~+/="}"#).is_usable());
        for token in ["", "a b", "a\\nb", "é"] {
            assert!(!response(&format!(r#"{{"access_token": "{token}"}}"#)).is_usable(), "{token:?}");
        }
    }
}
