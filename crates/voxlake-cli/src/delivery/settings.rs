//! What `voxlake.toml` says of where reports go, and how mail is sent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::secret::SecretSource;

/// A `[[schedule.deliver]]` table: one of `folder`, `store`, `email` and `webhook`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DestinationSettings {
    /// A folder.
    pub(crate) folder: Option<PathBuf>,
    /// A URL of an object store.
    pub(crate) store: Option<String>,
    /// Addresses.
    pub(crate) email: Option<Vec<String>>,
    /// Where the URL of a webhook is.
    pub(crate) webhook: Option<SecretSource>,
    /// Of e-mail: the subject, a template.
    pub(crate) subject: Option<String>,
    /// Of a webhook: the body, a template.
    pub(crate) body: Option<String>,
    /// Of a webhook: where the value of the header `Authorization` is.
    pub(crate) authorization: Option<SecretSource>,
    /// Of a webhook: headers that are no secrets.
    pub(crate) headers: BTreeMap<String, String>,
    /// Of a webhook: where people find the report; `{{ file }}` is its name.
    pub(crate) link: Option<String>,
    /// Of a webhook: a file in PEM with a certificate to trust beside the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// Of a webhook: how long it may take, such as `60s`.
    pub(crate) timeout: Option<String>,
    /// Of a webhook: whether its URL may be one without HTTPS on another machine.
    pub(crate) insecure_http: bool,
    /// Of a webhook: send the files along, in base64.
    pub(crate) files: bool,
}

/// The `[mail]` table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// The server.
    pub(crate) host: String,
    /// Its port; the usual one of `tls` where not given.
    pub(crate) port: Option<u16>,
    /// How the connection is kept secret.
    #[serde(default)]
    pub(crate) tls: MailTls,
    /// Who sends.
    pub(crate) from: String,
    /// Who logs in; nobody where not given.
    pub(crate) user: Option<String>,
    /// Where the password is.
    pub(crate) password: Option<SecretSource>,
    /// A file in PEM with certificates to trust beside the usual ones.
    pub(crate) ca_file: Option<PathBuf>,
    /// How long sending one mail may take, such as `60s`.
    pub(crate) timeout: Option<String>,
}

impl MailSettings {
    /// Whether the server is this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// How the connection to a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MailTls {
    /// From the first byte, port 465.
    #[default]
    Tls,
    /// By STARTTLS, which has to succeed, port 587.
    Starttls,
    /// Not at all, port 25; only to this machine.
    None,
}
