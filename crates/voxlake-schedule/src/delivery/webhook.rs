//! Deliveries to a webhook: a JSON body with the headline figures, rendered from a template, so
//! that Slack, Teams and others get the form that they expect.
//!
//! The URL of a webhook is a secret: no log and no error contains it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Value, context};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use url::Url;
use voxlake_lake::{Fingerprint, is_loopback};
use voxlake_query::read_text_file;
use voxlake_report::error_chain;

use super::certificate::is_certificate_refused;
use super::config::{DestinationConfig, parse_timeout};
use super::context::DeliveryContext;
use super::error::DeliveryError;
use super::payload::DeliveryPayload;
use super::secret::SecretSource;
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};

/// Template of the body by default: `text` is for Slack and Teams, the other fields for programs.
const DEFAULT_BODY: &str = r#"{
"text": {{ text | tojson }}, "title": {{ title | tojson }}, "report": {{ report | tojson }}, "schedule": {{ schedule | tojson }},
"period": {{ period | tojson }}, "timezone": {{ timezone | tojson }}, "settled": {{ settled | tojson }},
"alerts": {{ alerts | tojson }}, "figures": {{ figures | tojson }}, "link": {{ link | tojson }}, "files": {{ files | tojson }}
}"#;

/// Webhook, and the requests that it gets.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: SecretSource,
    authorization: Option<SecretSource>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
    link: Option<String>,
    with_files: bool,
    insecure_http: bool,
    ca_file: Option<PathBuf>,
    timeout: Duration,
}

impl Webhook {
    /// Parses a `[[schedule.deliver]]` table of a webhook.
    pub(super) fn parse(settings: &DestinationConfig) -> Result<Self, ScheduleError> {
        let url = settings
            .webhook
            .clone()
            .ok_or_else(|| invalid("deliver: webhook = { env = \"NAME\" } is missing"))?;
        let body = settings.body.clone().unwrap_or_else(|| DEFAULT_BODY.to_owned());
        for (name, template) in [("body", Some(&body)), ("link", settings.link.as_ref())] {
            if let Some(template) = template {
                minijinja::Environment::new()
                    .template_from_str(template)
                    .map_err(|error| invalid(format!("deliver: {name} is no template: {error}")))?;
            }
        }
        let headers = settings.headers.iter().map(|(name, value)| {
            let wrong =
                || invalid(format!("deliver: headers: {name:?} is no header with a value that can be sent"));
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            if name == AUTHORIZATION {
                return Err(invalid(
                    "deliver: headers: authorization is a secret: write authorization = { env = \"NAME\" }",
                ));
            }
            Ok((name, value.parse().map_err(|_| wrong())?))
        });
        Ok(Self {
            url,
            authorization: settings.authorization.clone(),
            headers: headers.collect::<Result<_, _>>()?,
            body,
            link: settings.link.clone(),
            with_files: settings.files,
            insecure_http: settings.insecure_http,
            ca_file: settings.ca_file.clone(),
            timeout: parse_timeout("deliver", settings.timeout.as_deref())?,
        })
    }

    /// Returns the identity of the webhook: its URL, and a hash of all settings of the request that
    /// are not the defaults.
    pub(super) fn id(&self) -> String {
        let mut sent: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        sent.extend(self.authorization.as_ref().map(ToString::to_string));
        sent.extend(self.link.clone());
        sent.extend(self.with_files.then(|| "files".to_owned()));
        sent.extend((self.body != DEFAULT_BODY).then(|| self.body.clone()));
        if sent.is_empty() {
            return format!("in {}", self.url);
        }
        format!("in {} {}", self.url, Fingerprint::from_parts(sent))
    }

    /// Posts the report.
    pub(super) async fn post(
        &self,
        payload: &DeliveryPayload,
        context: &DeliveryContext<'_>,
    ) -> Result<(), DeliveryError> {
        let permanent = |error: String| DeliveryError::Permanent(error);
        let url = self.url(context.environment)?;
        let body = self.body(payload).map_err(|error| {
            permanent(format!("the webhook's body cannot be made: {}", error_chain(error.as_ref())))
        })?;
        let mut request = self
            .client(&url)?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", context.id);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(source) = &self.authorization {
            let secret = source
                .read("the webhook's authorization", context.environment)
                .map_err(|error| permanent(error.to_string()))?;
            let mut value = HeaderValue::from_str(secret.expose_secret())
                .map_err(|_| permanent(format!("the text in {source} cannot be sent as a header")))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        // Errors of the client contain the URL, which is a secret.
        let answer = request.body(body).send().await.map_err(|error| {
            let is_permanent = error.is_builder() || is_certificate_refused(&error);
            let message = format!("the webhook cannot be reached: {}", error_chain(&error.without_url()));
            if is_permanent { DeliveryError::Permanent(message) } else { DeliveryError::Transient(message) }
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status
            @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::TOO_EARLY) => {
                Err(DeliveryError::Transient(format!("the webhook answers {status}")))
            }
            status if status.is_server_error() => {
                Err(DeliveryError::Transient(format!("the webhook answers {status}")))
            }
            status => Err(permanent(format!("the webhook answers {status}"))),
        }
    }

    /// Reads the URL, which has to use HTTPS unless HTTP is allowed.
    fn url(&self, environment: &Environment) -> Result<Url, DeliveryError> {
        let permanent = |error: String| DeliveryError::Permanent(error);
        let url = self.url.read("the webhook's URL", environment);
        let url = url.map_err(|error| permanent(error.to_string()))?;
        let url: Url = url
            .expose_secret()
            .trim()
            .parse()
            .map_err(|_| permanent(format!("the text in {} is no URL", self.url)))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(permanent(format!("the URL in {} is neither an https nor an http URL", self.url)));
        }
        if url.scheme() == "http" && !self.insecure_http && !is_loopback(&url) {
            return Err(permanent(format!(
                "the URL in {} has no HTTPS: others could read it and the report; write an https URL, or set \
                 insecure_http = true on a network without other listeners",
                self.url
            )));
        }
        Ok(url)
    }

    fn client(&self, url: &Url) -> Result<Client, DeliveryError> {
        // Fails only if a provider is installed already, which then serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: String| DeliveryError::Permanent(format!("cannot set up HTTPS: {error}"));
        let mut client = Client::builder()
            .user_agent(concat!("voxlake/", env!("CARGO_PKG_VERSION")))
            .timeout(self.timeout)
            .redirect(Policy::none());
        // A proxy is for other machines.
        if is_loopback(url) {
            client = client.no_proxy();
        }
        if let Some(file) = &self.ca_file {
            let pem = read_text_file(file).map_err(|error| failed(error.to_string()))?;
            client = client.add_root_certificate(
                Certificate::from_pem(pem.as_bytes()).map_err(|error| failed(error.to_string()))?,
            );
        }
        client.build().map_err(|error| failed(error.to_string()))
    }

    /// Renders the body, which has to be JSON.
    fn body(&self, payload: &DeliveryPayload) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut environment = minijinja::Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let files: Vec<BTreeMap<&'static str, String>> = payload
            .files
            .iter()
            .map(|file| {
                let mut file_info = BTreeMap::from([
                    ("name", file.name.clone()),
                    ("type", file.format.media_type().to_owned()),
                ]);
                if self.with_files {
                    file_info.insert("base64", BASE64_STANDARD.encode(&file.bytes));
                }
                file_info
            })
            .collect();
        let first = payload.files.first().map(|file| file.name.as_str());
        let link = self.link.as_deref().map(|link| {
            let variables = context! { file => first, period => &payload.period, report => &payload.report };
            environment.render_str(link, variables)
        });
        let variables = BodyVariables { payload, link: link.transpose()?, files };
        let body = environment.render_str(&self.body, Value::from(Serde(variables)))?;
        serde_json::from_str::<serde_json::Value>(&body).map_err(|error| {
            format!("it is no JSON ({error}); write texts as {{{{ text | tojson }}}}, quotes included")
        })?;
        Ok(body)
    }
}

/// Variables of the body template.
#[derive(Serialize)]
struct BodyVariables<'a> {
    #[serde(flatten)]
    payload: &'a DeliveryPayload,
    link: Option<String>,
    files: Vec<BTreeMap<&'static str, String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A delivery that sends something else has another identity: the ledger must not count it as
    /// done.
    #[test]
    fn identity_covers_all_that_is_sent() {
        let env = |name: &str| Some(SecretSource::Env(name.to_owned()));
        let usual = DestinationConfig { webhook: env("HOOK"), ..Default::default() };
        let id = |settings: DestinationConfig| Webhook::parse(&settings).unwrap().id();
        assert_eq!(id(usual.clone()), "in the variable HOOK");
        let header = |value: &str| BTreeMap::from([("x-team".to_owned(), value.to_owned())]);
        let others = [
            DestinationConfig { webhook: env("OTHER"), ..Default::default() },
            DestinationConfig { body: Some("{}".to_owned()), ..usual.clone() },
            DestinationConfig { authorization: env("TOKEN"), ..usual.clone() },
            DestinationConfig { headers: header("a"), ..usual.clone() },
            DestinationConfig { headers: header("b"), ..usual.clone() },
            DestinationConfig { link: Some("https://a.example".to_owned()), ..usual.clone() },
            DestinationConfig { files: true, ..usual.clone() },
        ];
        let mut ids: Vec<String> = others.into_iter().chain([usual.clone()]).map(id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 8);
        // The timeout is not sent.
        assert_eq!(id(DestinationConfig { timeout: Some("9s".to_owned()), ..usual.clone() }), id(usual));
    }
}
