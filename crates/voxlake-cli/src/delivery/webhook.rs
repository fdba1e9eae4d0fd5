//! To a webhook: a JSON body with the headline figures, from a template, so that Slack, Teams and others get the
//! form that they know.
//!
//! The URL of a webhook is a password: it is read from where the configuration says, and is in no log or error.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value, context};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, StatusCode};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use url::Url;
use voxlake_fetch::is_loopback;
use voxlake_lake::Fingerprint;

use super::secret::SecretSource;
use super::settings::DestinationSettings;
use super::{DeliveryError, Parcel, certificate};
use crate::exit::UsageError;
use crate::text_file;

/// What Slack and Teams show, and all that programs may want.
const BODY: &str = r#"{
"text": {{ text | tojson }}, "title": {{ title | tojson }}, "report": {{ report | tojson }}, "schedule": {{ schedule | tojson }},
"period": {{ period | tojson }}, "timezone": {{ timezone | tojson }}, "settled": {{ settled | tojson }},
"alerts": {{ alerts | tojson }}, "figures": {{ figures | tojson }}, "link": {{ link | tojson }}, "files": {{ files | tojson }}
}"#;

/// A webhook.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    url: SecretSource,
    authorization: Option<SecretSource>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: String,
    link: Option<String>,
    with_files: bool,
    insecure_http: bool,
    ca_file: Option<PathBuf>,
    patience: Duration,
}

impl Webhook {
    pub(super) fn of(settings: &DestinationSettings) -> Result<Self, UsageError> {
        let url = settings
            .webhook
            .clone()
            .ok_or_else(|| UsageError("deliver: webhook = { env = \"NAME\" } is missing".to_owned()))?;
        let body = settings.body.clone().unwrap_or_else(|| BODY.to_owned());
        for (name, template) in [("body", Some(&body)), ("link", settings.link.as_ref())] {
            if let Some(template) = template {
                Environment::new()
                    .template_from_str(template)
                    .map_err(|error| UsageError(format!("deliver: {name} is no template: {error}")))?;
            }
        }
        let headers = settings.headers.iter().map(|(name, value)| {
            let wrong = || {
                UsageError(format!("deliver: headers: {name:?} is no header with a value that can be sent"))
            };
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            if name == AUTHORIZATION {
                return Err(UsageError(
                    "deliver: headers: authorization is a secret: write authorization = { env = \"NAME\" }"
                        .to_owned(),
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
            patience: super::patience("deliver", settings.timeout.as_deref())?,
        })
    }

    /// Identity of the webhook: its URL, and a hash of all settings of the request that are not the defaults.
    pub(super) fn id(&self) -> String {
        let mut sent: Vec<String> =
            self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        sent.extend(self.authorization.as_ref().map(ToString::to_string));
        sent.extend(self.link.clone());
        sent.extend(self.with_files.then(|| "files".to_owned()));
        sent.extend((self.body != BODY).then(|| self.body.clone()));
        if sent.is_empty() {
            return format!("in {}", self.url);
        }
        format!("in {} {}", self.url, Fingerprint::from_parts(sent))
    }

    pub(super) async fn post(&self, parcel: &Parcel, id: &str) -> Result<(), DeliveryError> {
        let lasting = |error: String| DeliveryError::Lasting(error);
        let url = self.url.read("the webhook's URL").map_err(|error| lasting(error.0))?;
        let url: Url = url
            .expose_secret()
            .trim()
            .parse()
            .map_err(|_| lasting(format!("what is in {} is no URL", self.url)))?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(lasting(format!("what is in {} is neither an https nor an http URL", self.url)));
        }
        if url.scheme() == "http" && !self.insecure_http && !is_loopback(&url) {
            return Err(lasting(format!(
                "what is in {} is a URL without HTTPS: others could read it and the report; write an https URL, or \
                 insecure_http = true where nobody else can listen",
                self.url
            )));
        }
        let body = self
            .body(parcel)
            .map_err(|error| lasting(format!("the webhook's body cannot be made: {error:#}")))?;
        let mut request = self
            .client(&url)?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", id);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(source) = &self.authorization {
            let secret = source.read("the webhook's authorization").map_err(|error| lasting(error.0))?;
            let mut value = HeaderValue::from_str(secret.expose_secret())
                .map_err(|_| lasting(format!("what is in {source} cannot be sent as a header")))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        // Errors of the client name its URL, which is not said here.
        let answer = request.body(body).send().await.map_err(|error| {
            let is_lasting = error.is_builder() || certificate::is_refused(&error);
            let said = format!("the webhook cannot be reached: {}", causes(&error.without_url()));
            if is_lasting { DeliveryError::Lasting(said) } else { DeliveryError::Passing(said) }
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status
            @ (StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS | StatusCode::TOO_EARLY) => {
                Err(DeliveryError::Passing(format!("the webhook answers {status}")))
            }
            status if status.is_server_error() => {
                Err(DeliveryError::Passing(format!("the webhook answers {status}")))
            }
            status => Err(lasting(format!("the webhook answers {status}"))),
        }
    }

    fn client(&self, url: &Url) -> Result<Client, DeliveryError> {
        // Fails only where a provider is there already, and then that one will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: String| DeliveryError::Lasting(format!("cannot set up HTTPS: {error}"));
        let mut client = Client::builder()
            .user_agent(concat!("voxlake/", env!("CARGO_PKG_VERSION")))
            .timeout(self.patience)
            .redirect(Policy::none());
        // A proxy is for the world outside.
        if is_loopback(url) {
            client = client.no_proxy();
        }
        if let Some(file) = &self.ca_file {
            let pem = text_file::read(file).map_err(|error| failed(error.0))?;
            client = client.add_root_certificate(
                Certificate::from_pem(pem.as_bytes()).map_err(|error| failed(error.to_string()))?,
            );
        }
        client.build().map_err(|error| failed(error.to_string()))
    }

    /// The body, which has to be JSON.
    fn body(&self, parcel: &Parcel) -> anyhow::Result<String> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let files: Vec<BTreeMap<&'static str, String>> = parcel
            .files
            .iter()
            .map(|file| {
                let mut told = BTreeMap::from([
                    ("name", file.name.clone()),
                    ("type", file.format.media_type().to_owned()),
                ]);
                if self.with_files {
                    told.insert("base64", BASE64_STANDARD.encode(&file.bytes));
                }
                told
            })
            .collect();
        let first = parcel.files.first().map(|file| file.name.as_str());
        let link = self.link.as_deref().map(|link| {
            let words = context! { file => first, period => &parcel.period, report => &parcel.report };
            environment.render_str(link, words)
        });
        let words = Words { parcel, link: link.transpose()?, files };
        let body = environment.render_str(&self.body, Value::from(Serde(words)))?;
        serde_json::from_str::<serde_json::Value>(&body).map_err(|error| {
            anyhow::anyhow!(
                "it is no JSON ({error}); write texts as {{{{ text | tojson }}}}, quotes included"
            )
        })?;
        Ok(body)
    }
}

/// What a body's template may use.
#[derive(Serialize)]
struct Words<'a> {
    #[serde(flatten)]
    parcel: &'a Parcel,
    link: Option<String>,
    files: Vec<BTreeMap<&'static str, String>>,
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A delivery that sends something else is another one: the ledger must not take it for done.
    #[test]
    fn all_that_is_sent_makes_the_identity() {
        let env = |name: &str| Some(SecretSource::Env(name.to_owned()));
        let usual = DestinationSettings { webhook: env("HOOK"), ..Default::default() };
        let id = |settings: DestinationSettings| Webhook::of(&settings).unwrap().id();
        assert_eq!(id(usual.clone()), "in the variable HOOK");
        let header = |value: &str| BTreeMap::from([("x-team".to_owned(), value.to_owned())]);
        let others = [
            DestinationSettings { webhook: env("OTHER"), ..Default::default() },
            DestinationSettings { body: Some("{}".to_owned()), ..usual.clone() },
            DestinationSettings { authorization: env("TOKEN"), ..usual.clone() },
            DestinationSettings { headers: header("a"), ..usual.clone() },
            DestinationSettings { headers: header("b"), ..usual.clone() },
            DestinationSettings { link: Some("https://a.example".to_owned()), ..usual.clone() },
            DestinationSettings { files: true, ..usual.clone() },
        ];
        let mut ids: Vec<String> = others.into_iter().chain([usual.clone()]).map(id).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 8);
        // How long it may take is not sent.
        assert_eq!(id(DestinationSettings { timeout: Some("9s".to_owned()), ..usual.clone() }), id(usual));
    }
}
