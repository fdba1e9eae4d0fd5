//! Settings of a file in the working folder that send secrets elsewhere. If the user did not name
//! the file, its author could collect the secrets.

use std::path::Path;

use url::Url;
use voxlake_query::read_text_file;
use voxlake_schedule::ScheduleConfig;
use voxlake_schedule::delivery::MailConfig;

use crate::error::ConfigError;

/// Recipient of a secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Recipient {
    /// The API, which gets the credentials of the app.
    Api,
    /// The mail server, which gets its password.
    Mail,
    /// A webhook, which gets the value of its authorization.
    Webhook,
    /// The object store of the lake, which gets its credentials.
    Store,
}

/// Settings in effect that name recipients of secrets.
pub(crate) struct EffectiveSettings<'a> {
    pub(crate) api_url: &'a Url,
    pub(crate) oauth_url: &'a Url,
    pub(crate) insecure_http: bool,
    pub(crate) mail: Option<&'a MailConfig>,
    pub(crate) schedule: &'a [ScheduleConfig],
    /// Settings of the file that name the endpoint of the object store.
    pub(crate) store: Vec<&'static str>,
}

/// Settings that send secrets to a recipient which only a file in the working folder names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Untrusted {
    api: Vec<&'static str>,
    mail: Vec<&'static str>,
    webhook: Vec<&'static str>,
    store: Vec<&'static str>,
}

impl Untrusted {
    /// Finds those in `file` that are in effect.
    pub(crate) fn find(file: &Path, effective: EffectiveSettings<'_>) -> Self {
        // A file that cannot be read set nothing.
        let text = read_text_file(file).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        let has_url = |key: &str, url: &Url| {
            let in_file = table.get(key).and_then(|value| value.as_str()?.parse::<Url>().ok());
            in_file.as_ref() == Some(url) && !is_trusted(url)
        };
        let has_flag = table.get("insecure_http").and_then(toml::Value::as_bool) == Some(true);
        let api = [
            ("api_url", has_url("api_url", effective.api_url)),
            ("oauth_url", has_url("oauth_url", effective.oauth_url)),
            ("insecure_http", has_flag && effective.insecure_http),
        ];
        let mail = effective.mail.is_some_and(|mail| mail.password.is_some() && !mail.is_local());
        let mut deliveries = effective.schedule.iter().flat_map(|schedule| &schedule.deliver);
        let webhook = deliveries.any(|delivery| delivery.authorization.is_some());
        Self {
            api: api.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect(),
            mail: mail.then_some("[mail]").into_iter().collect(),
            webhook: webhook.then_some("a webhook with authorization").into_iter().collect(),
            store: effective.store,
        }
    }

    /// Refuses to send secrets to a recipient that only the file names.
    pub(crate) fn check(&self, recipient: Recipient) -> Result<(), ConfigError> {
        let names = match recipient {
            Recipient::Api => &self.api,
            Recipient::Mail => &self.mail,
            Recipient::Webhook => &self.webhook,
            Recipient::Store => &self.store,
        };
        match names.as_slice() {
            [] => Ok(()),
            names => Err(ConfigError::Untrusted { settings: names.join(" and ") }),
        }
    }
}

/// Returns whether a URL is of the vendor or of this machine.
fn is_trusted(url: &Url) -> bool {
    const VENDOR: [&str; 2] = ["zoom.us", "zoomgov.com"];
    let host = url.host_str().unwrap_or_default();
    let is_vendor = VENDOR
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    voxlake_lake::is_loopback(url) || is_vendor && url.scheme() == "https"
}
