//! Configuration of destinations and of the mail server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::secret::SecretSource;
use crate::error::{ScheduleError, invalid};

/// Time limit of a delivery attempt by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A `[[schedule.deliver]]` table: one of `folder`, `store`, `email` and `webhook`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct DestinationConfig {
    /// A folder.
    pub folder: Option<PathBuf>,
    /// A URL of an object store.
    pub store: Option<String>,
    /// Addresses of e-mail recipients.
    pub email: Option<Vec<String>>,
    /// Source of the URL of a webhook.
    pub webhook: Option<SecretSource>,
    /// Template of the subject of an e-mail.
    pub subject: Option<String>,
    /// Template of the body of a webhook.
    pub body: Option<String>,
    /// Source of the `Authorization` header of a webhook.
    pub authorization: Option<SecretSource>,
    /// Headers of a webhook that are no secrets.
    pub headers: BTreeMap<String, String>,
    /// Template of a link to the report for a webhook; `{{ file }}` is the name of its first file.
    pub link: Option<String>,
    /// PEM file with a further certificate to trust for a webhook.
    pub ca_file: Option<PathBuf>,
    /// Time limit of a webhook, such as `60s`.
    pub timeout: Option<String>,
    /// True if the URL of a webhook may lack HTTPS on another machine.
    pub insecure_http: bool,
    /// True if a webhook gets the files, in base64.
    pub files: bool,
}

impl DestinationConfig {
    /// Checks that exactly one kind of destination is given, with settings of that kind only.
    pub(super) fn check_kind(&self) -> Result<(), ScheduleError> {
        let given =
            [self.folder.is_some(), self.store.is_some(), self.email.is_some(), self.webhook.is_some()];
        if given.iter().filter(|given| **given).count() != 1 {
            return Err(invalid(
                "[[schedule.deliver]] is one of folder, store, email and webhook: write a table for each",
            ));
        }
        let check = |key: &str, kind: &str, is_given: bool, is_kind: bool| match is_given && !is_kind {
            true => Err(invalid(format!("deliver: {key} belongs to {kind}"))),
            false => Ok(()),
        };
        let (email, webhook) = (self.email.is_some(), self.webhook.is_some());
        check("subject", "email", self.subject.is_some(), email)?;
        check("body", "webhook", self.body.is_some(), webhook)?;
        check("authorization", "webhook", self.authorization.is_some(), webhook)?;
        check("headers", "webhook", !self.headers.is_empty(), webhook)?;
        check("link", "webhook", self.link.is_some(), webhook)?;
        check("files", "webhook", self.files, webhook)?;
        check("insecure_http", "webhook", self.insecure_http, webhook)?;
        check("ca_file", "webhook, and to [mail]", self.ca_file.is_some(), webhook)?;
        check("timeout", "webhook, and to [mail]", self.timeout.is_some(), webhook)
    }
}

/// Parses the time limit of a delivery attempt. `table` names the table in the error.
pub(super) fn parse_timeout(table: &str, text: Option<&str>) -> Result<Duration, ScheduleError> {
    let Some(text) = text else { return Ok(DEFAULT_TIMEOUT) };
    humantime::parse_duration(text)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| invalid(format!("{table}: timeout = {text:?} is no duration such as 30s")))
}

/// The `[mail]` table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MailConfig {
    /// Host name of the server.
    pub host: String,
    /// Port; by default that of `tls`.
    pub port: Option<u16>,
    /// Encryption of the connection.
    #[serde(default)]
    pub tls: MailTls,
    /// Address of the sender.
    pub from: String,
    /// User name; without one, no login.
    pub user: Option<String>,
    /// Source of the password.
    pub password: Option<SecretSource>,
    /// PEM file with further certificates to trust.
    pub ca_file: Option<PathBuf>,
    /// Time limit of sending one mail, such as `60s`.
    pub timeout: Option<String>,
}

impl MailConfig {
    /// Returns whether the server is this machine.
    pub fn is_local(&self) -> bool {
        self.host == "localhost"
            || self.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Encryption of the connection to a mail server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// TLS from the first byte, port 465.
    #[default]
    Tls,
    /// STARTTLS, which has to succeed, port 587.
    Starttls,
    /// No encryption, port 25; only to this machine.
    None,
}
