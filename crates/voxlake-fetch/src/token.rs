//! The access token: fetched once for all walkers, renewed before it expires or when it is refused.

use std::time::{Duration, Instant};

use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::answer::{server_time, token_error};
use crate::clock::ServerClock;
use crate::credentials::Credentials;
use crate::limits::MAX_MESSAGE_BYTES;
use crate::secrets::Secrets;
use crate::{FetchError, body};

/// A token is renewed this long before it expires, so that no request carries one that ends on its
/// way.
const RENEW_BEFORE: Duration = Duration::from_secs(60);
/// Assumed where the endpoint gives no `expires_in`: the shorter of the two lifetimes seen.
const DEFAULT_LIFETIME_SECONDS: u64 = 3599;
/// However long a token is said to live, it is renewed after a day.
const LONGEST_LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    /// A number, or one written as text.
    expires_in: Option<serde_json::Value>,
    scope: Option<String>,
}

impl Answer {
    fn read(body: &[u8]) -> Result<Self, FetchError> {
        let answer: Self = serde_json::from_slice(body).map_err(|_| FetchError::NotAToken)?;
        if answer.is_usable() { Ok(answer) } else { Err(FetchError::NotAToken) }
    }

    fn lifetime(&self) -> Duration {
        let said = self.expires_in.as_ref().map(|value| value.to_string().trim_matches('"').parse());
        let seconds = said.and_then(Result::ok).unwrap_or(DEFAULT_LIFETIME_SECONDS);
        Duration::from_secs(seconds).min(LONGEST_LIFETIME)
    }

    /// Whether the token can stand in a header at all.
    fn is_usable(&self) -> bool {
        let token = self.access_token.expose_secret();
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// Whether `body` is an answer with a token.
#[cfg(fuzzing)]
pub(crate) fn is_token(body: &[u8]) -> bool {
    Answer::read(body).is_ok_and(|answer| !answer.lifetime().is_zero())
}

#[derive(Clone)]
pub(crate) struct Token {
    secret: SecretString,
    renew_at: Instant,
    /// Tells a token from its successors.
    number: u64,
    /// The scopes that it carries, separated by spaces, where the endpoint says.
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

/// Where tokens come from.
pub(crate) struct TokenSource {
    url: Url,
    credentials: Credentials,
    /// Values that are redacted from a server's texts.
    pub(crate) secrets: Secrets,
    current: Mutex<Option<Token>>,
}

impl TokenSource {
    pub(crate) fn new(oauth_url: &Url, credentials: Credentials) -> Result<Self, FetchError> {
        let mut url = oauth_url.clone();
        url.path_segments_mut()
            .map_err(|()| FetchError::Setting(format!("the token URL {oauth_url} cannot be a base URL")))?
            .pop_if_empty()
            .extend(["oauth", "token"]);
        let secrets = Secrets::new(&credentials);
        Ok(Self { url, credentials, secrets, current: Mutex::new(None) })
    }

    /// A token that is still good, and not the `refused` one. The lock is held while one is
    /// fetched, so that walkers who come meanwhile get that one instead of fetching their own.
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
        let (asked_at, asked_at_local) = (Instant::now(), clock.local());
        let response = client
            .post(self.url.clone())
            .query(&[("grant_type", "account_credentials"), ("account_id", &self.credentials.account_id)])
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose_secret()))
            .send()
            .await
            .map_err(transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        clock.compare(server_time(&headers), asked_at_local)?;
        let body = body::read(response, MAX_MESSAGE_BYTES).await?;
        if !status.is_success() {
            let redacted = |text: &str| self.secrets.redacted(text, None);
            return Err(token_error(status, &headers, &body, clock.local(), redacted));
        }
        let answer = Answer::read(&body)?;
        let lifetime = answer.lifetime();
        tracing::debug!(seconds = lifetime.as_secs(), "got an access token");
        Ok(Token {
            secret: answer.access_token,
            renew_at: asked_at + lifetime.saturating_sub(RENEW_BEFORE),
            number,
            scope: answer.scope,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Answer {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_lifetime_is_read_from_a_number_or_text_and_never_longer_than_a_day() {
        let seconds = |expires_in: &str| {
            answer(&format!(r#"{{"access_token": "t", "expires_in": {expires_in}}}"#)).lifetime().as_secs()
        };
        assert_eq!(seconds("3600"), 3600);
        assert_eq!(seconds(r#""3600""#), 3600);
        assert_eq!(seconds("null"), 3599);
        assert_eq!(seconds(r#""soon""#), 3599);
        assert_eq!(seconds("18446744073709551615"), 86_400);
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_none() {
        assert!(answer(r#"{"access_token": "abc.def-_~+/="}"#).is_usable());
        for token in ["", "a b", "a\\nb", "é"] {
            assert!(!answer(&format!(r#"{{"access_token": "{token}"}}"#)).is_usable(), "{token:?}");
        }
    }
}
