//! Deliveries by e-mail: the figures as body in HTML and plain text, the files of the report
//! attached.
//!
//! A mail is sent twice if the process ends between the server's acceptance and its record in the
//! ledger. Both copies have the same Message-ID, by which mail programs recognise them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;
use voxlake_lake::Fingerprint;
use voxlake_query::read_text_file;
use voxlake_report::error_chain;

use super::certificate::is_certificate_refused;
use super::config::{MailConfig, MailTls, parse_timeout};
use super::context::DeliveryContext;
use super::error::DeliveryError;
use super::payload::DeliveryPayload;
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};

/// Template of the subject by default.
const DEFAULT_SUBJECT: &str = "{{ title }}, {{ period_words }}";

/// E-mail to one of its recipients, and its mail server. Each recipient is a destination of its
/// own: if the server refuses one, the others still get the mail.
#[derive(Clone, Debug)]
pub struct Mail {
    server: MailConfig,
    from: Mailbox,
    /// All recipients, as named in the mail.
    to: Vec<Mailbox>,
    /// Recipient of this copy.
    recipient: Mailbox,
    subject: String,
    timeout: Duration,
}

impl Mail {
    /// Returns a mail for each of the addresses `to`.
    pub(super) fn parse_each(
        server: &MailConfig,
        to: &[String],
        subject: Option<&str>,
    ) -> Result<Vec<Self>, ScheduleError> {
        let mailbox = |of: &str, text: &str| {
            text.parse::<Mailbox>().map_err(|error| {
                invalid(format!("{of}: {text:?} is no address such as \"Ann <ann@example.org>\": {error}"))
            })
        };
        if to.is_empty() {
            return Err(invalid("deliver: email = [] names no recipient"));
        }
        if server.tls == MailTls::None && !server.is_local() {
            return Err(invalid(format!(
                "[mail]: tls = \"none\" would send everything in the clear to {}: it is for a server on this \
                 machine; write \"tls\" or \"starttls\"",
                server.host
            )));
        }
        if server.user.is_some() != server.password.is_some() {
            return Err(invalid(
                "[mail]: user and password go together; password = { env = \"NAME\" } or { file = \"PATH\" }",
            ));
        }
        let subject = subject.unwrap_or(DEFAULT_SUBJECT).to_owned();
        minijinja::Environment::new()
            .template_from_str(&subject)
            .map_err(|error| invalid(format!("deliver: subject is no template: {error}")))?;
        let from = mailbox("[mail]: from", &server.from)?;
        let timeout = parse_timeout("[mail]", server.timeout.as_deref())?;
        let to: Vec<Mailbox> =
            to.iter().map(|one| mailbox("deliver: email", one)).collect::<Result<_, _>>()?;
        let mail = |recipient: &Mailbox| Self {
            server: server.clone(),
            from: from.clone(),
            to: to.clone(),
            recipient: recipient.clone(),
            subject: subject.clone(),
            timeout,
        };
        Ok(to.iter().map(mail).collect())
    }

    /// Returns the identity of the mail: a hash of the recipients, and of the subject if it is not
    /// the default.
    pub(super) fn message_id(&self) -> String {
        let subject = (self.subject != DEFAULT_SUBJECT).then(|| self.subject.clone());
        Fingerprint::from_parts(self.to.iter().map(ToString::to_string).chain(subject)).to_string()
    }

    /// Returns the identity of the delivery to one recipient: a hash of its address, and of the
    /// subject if it is not the default. Other recipients do not change it.
    pub(super) fn id(&self) -> String {
        let subject = (self.subject != DEFAULT_SUBJECT).then(|| self.subject.clone());
        Fingerprint::from_parts(std::iter::once(self.recipient.to_string()).chain(subject)).to_string()
    }

    pub(super) fn describe(&self) -> String {
        format!("e-mail to {}", self.recipient.email)
    }

    /// Sends the mail.
    pub(super) async fn send(
        &self,
        payload: &DeliveryPayload,
        context: &DeliveryContext<'_>,
    ) -> Result<(), DeliveryError> {
        let message = self
            .message(payload, context.id, context.now)
            .map_err(|error| DeliveryError::Permanent(format!("cannot write the mail: {error}")))?;
        let transport = self.transport(context.environment)?;
        // The timeout of the transport covers connecting only; a silent server would block here.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![self.recipient.email.clone()])
            .map_err(|error| DeliveryError::Permanent(format!("cannot write the mail: {error}")))?;
        let message = message.formatted();
        let sending = transport.send_raw(&envelope, &message);
        let sent = tokio::time::timeout(self.timeout, sending).await.map_err(|_| {
            let timeout = humantime::format_duration(self.timeout);
            DeliveryError::Transient(format!("{} did not take the mail within {timeout}", self.server.host))
        })?;
        sent.map(drop).map_err(|error| {
            let reason = self.redacted(&error_chain(&error), context.environment);
            let message = format!("{} does not take the mail: {reason}", self.server.host);
            if error.is_permanent() || error.is_tls() || error.is_client() || is_certificate_refused(&error) {
                DeliveryError::Permanent(message)
            } else {
                DeliveryError::Transient(message)
            }
        })
    }

    /// Removes the password from a text of the server, in each form in which it is sent.
    fn redacted(&self, text: &str, environment: &Environment) -> String {
        let (Some(user), Some(password)) = (&self.server.user, &self.server.password) else {
            return text.to_owned();
        };
        // The login has just read it.
        let Ok(password) = password.read("the password of [mail]", environment) else {
            return text.to_owned();
        };
        let password = password.expose_secret();
        // The longest first.
        let forms = [
            BASE64_STANDARD.encode(format!("\0{user}\0{password}")),
            BASE64_STANDARD.encode(password),
            password.to_owned(),
        ];
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form, "[redacted]"))
    }

    fn message(
        &self,
        payload: &DeliveryPayload,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
        let subject = minijinja::Environment::new()
            .render_str(&self.subject, minijinja::Value::from(minijinja::value::Serde(payload)))?;
        let host = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(
                if payload.is_test { format!("Test: {subject}") } else { subject }.replace(['\r', '\n'], " "),
            )
            .date(std::time::SystemTime::from(now))
            .message_id(Some(format!("<voxlake-{id}@{host}>")));
        for to in &self.to {
            message = message.to(to.clone());
        }
        let body = MultiPart::alternative()
            .singlepart(SinglePart::plain(payload.text.clone()))
            .singlepart(SinglePart::html(payload.page.clone()));
        let mut parts = MultiPart::mixed().multipart(body);
        for file in &payload.files {
            let content_type = ContentType::parse(file.format.media_type())?;
            parts =
                parts.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), content_type));
        }
        Ok(message.multipart(parts)?)
    }

    fn transport(
        &self,
        environment: &Environment,
    ) -> Result<AsyncSmtpTransport<Tokio1Executor>, DeliveryError> {
        let permanent = |error: String| DeliveryError::Permanent(error);
        let server = &self.server;
        let parameters = || {
            let mut parameters = TlsParameters::builder(server.host.clone());
            if let Some(file) = &server.ca_file {
                let unread = |error: String| {
                    permanent(format!("cannot use the certificates in {}: {error}", file.display()))
                };
                let pem = read_text_file(file).map_err(|error| unread(error.to_string()))?;
                parameters = parameters.add_root_certificate(
                    Certificate::from_pem(pem.as_bytes()).map_err(|error| unread(error.to_string()))?,
                );
            }
            parameters.build().map_err(|error| permanent(format!("cannot set up TLS: {error}")))
        };
        let (tls, port) = match server.tls {
            MailTls::Tls => (Tls::Wrapper(parameters()?), 465),
            MailTls::Starttls => (Tls::Required(parameters()?), 587),
            MailTls::None => (Tls::None, 25),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .tls(tls)
            .port(server.port.unwrap_or(port))
            .timeout(Some(self.timeout));
        if let (Some(user), Some(password)) = (&server.user, &server.password) {
            let password = password
                .read("the password of [mail]", environment)
                .map_err(|error| permanent(error.to_string()))?;
            transport =
                transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(transport.build())
    }
}
