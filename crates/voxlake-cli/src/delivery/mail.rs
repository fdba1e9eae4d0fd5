//! By e-mail: the figures as its body, in HTML and as plain text, the report's files attached.
//!
//! A mail may come twice where the program dies between the server's yes and the note of it; both copies have
//! one Message-ID, by which mail programs know them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;
use voxlake_lake::Fingerprint;

use super::settings::{MailSettings, MailTls};
use super::{DeliveryError, Parcel, certificate};
use crate::clock;
use crate::exit::UsageError;
use crate::text_file;

const SUBJECT: &str = "{{ title }}, {{ period_words }}";

/// An e-mail to one of its recipients, and the server that takes it. Each recipient is a destination of its own, so
/// that one who is refused keeps it from no other.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    server: MailSettings,
    from: Mailbox,
    /// All recipients, as the mail names them.
    to: Vec<Mailbox>,
    /// The one that this copy goes to.
    recipient: Mailbox,
    subject: String,
    patience: Duration,
}

impl Mail {
    /// The mails to each of the addresses `to`.
    pub(super) fn to_each(
        server: &MailSettings,
        to: &[String],
        subject: Option<&str>,
    ) -> Result<Vec<Self>, UsageError> {
        let mailbox = |of: &str, text: &str| {
            text.parse::<Mailbox>().map_err(|error| {
                UsageError(format!("{of}: {text:?} is no address such as \"Ann <ann@example.org>\": {error}"))
            })
        };
        if to.is_empty() {
            return Err(UsageError("deliver: email = [] names nobody".to_owned()));
        }
        if server.tls == MailTls::None && !server.is_local() {
            return Err(UsageError(format!(
                "[mail]: tls = \"none\" would send everything in the clear to {}: it is for a server on this \
                 machine; write \"tls\" or \"starttls\"",
                server.host
            )));
        }
        if server.user.is_some() != server.password.is_some() {
            return Err(UsageError(
                "[mail]: user and password go together; password = { env = \"NAME\" } or { file = \"PATH\" }"
                    .to_owned(),
            ));
        }
        let subject = subject.unwrap_or(SUBJECT).to_owned();
        minijinja::Environment::new()
            .template_from_str(&subject)
            .map_err(|error| UsageError(format!("deliver: subject is no template: {error}")))?;
        let from = mailbox("[mail]: from", &server.from)?;
        let patience = super::patience("[mail]", server.timeout.as_deref())?;
        let to: Vec<Mailbox> =
            to.iter().map(|one| mailbox("deliver: email", one)).collect::<Result<_, _>>()?;
        let mail = |recipient: &Mailbox| Self {
            server: server.clone(),
            from: from.clone(),
            to: to.clone(),
            recipient: recipient.clone(),
            subject: subject.clone(),
            patience,
        };
        Ok(to.iter().map(mail).collect())
    }

    /// Identity of the mail without its addresses: a hash of the recipients, and of the subject if it is not the
    /// default.
    pub(super) fn message_id(&self) -> String {
        let subject = (self.subject != SUBJECT).then(|| self.subject.clone());
        Fingerprint::from_parts(self.to.iter().map(ToString::to_string).chain(subject)).to_string()
    }

    /// Identity of the delivery to one recipient: a hash of its address, and of the subject if it is not the default.
    /// Other recipients do not change it.
    pub(super) fn id(&self) -> String {
        let subject = (self.subject != SUBJECT).then(|| self.subject.clone());
        Fingerprint::from_parts(std::iter::once(self.recipient.to_string()).chain(subject)).to_string()
    }

    pub(super) fn told(&self) -> String {
        format!("e-mail to {}", self.recipient.email)
    }

    pub(super) async fn send(&self, parcel: &Parcel, id: &str) -> Result<(), DeliveryError> {
        let message = self
            .message(parcel, id)
            .map_err(|error| DeliveryError::Lasting(format!("cannot write the mail: {error}")))?;
        let transport = self.transport()?;
        // The library's own limit is for connecting; a server that says nothing after that would be waited for.
        let envelope = Envelope::new(Some(self.from.email.clone()), vec![self.recipient.email.clone()])
            .map_err(|error| DeliveryError::Lasting(format!("cannot write the mail: {error}")))?;
        let message = message.formatted();
        let sending = transport.send_raw(&envelope, &message);
        let sent = tokio::time::timeout(self.patience, sending).await.map_err(|_| {
            let patience = humantime::format_duration(self.patience);
            DeliveryError::Passing(format!("{} did not take the mail within {patience}", self.server.host))
        })?;
        sent.map(drop).map_err(|error| {
            let mut said = error.to_string();
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                said = format!("{said}: {error}");
                cause = error.source();
            }
            let said = format!("{} does not take the mail: {}", self.server.host, self.redacted(&said));
            // A certificate does not become a good one by waiting.
            if error.is_permanent() || error.is_tls() || error.is_client() || certificate::is_refused(&error)
            {
                DeliveryError::Lasting(said)
            } else {
                DeliveryError::Passing(said)
            }
        })
    }

    /// A text of the server without the password, in each form in which it is sent.
    fn redacted(&self, text: &str) -> String {
        let (Some(user), Some(password)) = (&self.server.user, &self.server.password) else {
            return text.to_owned();
        };
        // It was read a moment ago, to log in.
        let Ok(password) = password.read("the password of [mail]") else { return text.to_owned() };
        let password = password.expose_secret();
        // The longest first.
        let forms = [
            BASE64_STANDARD.encode(format!("\0{user}\0{password}")),
            BASE64_STANDARD.encode(password),
            password.to_owned(),
        ];
        forms.iter().fold(text.to_owned(), |text, form| text.replace(form, "[redacted]"))
    }

    fn message(&self, parcel: &Parcel, id: &str) -> anyhow::Result<Message> {
        let subject = minijinja::Environment::new()
            .render_str(&self.subject, minijinja::Value::from(minijinja::value::Serde(parcel)))?;
        let host = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(
                if parcel.is_test { format!("Test: {subject}") } else { subject }.replace(['\r', '\n'], " "),
            )
            .date(clock::now().into())
            .message_id(Some(format!("<voxlake-{id}@{host}>")));
        for to in &self.to {
            message = message.to(to.clone());
        }
        let body = MultiPart::alternative()
            .singlepart(SinglePart::plain(parcel.text.clone()))
            .singlepart(SinglePart::html(parcel.page.clone()));
        let mut parts = MultiPart::mixed().multipart(body);
        for file in &parcel.files {
            let content_type = ContentType::parse(file.format.media_type())?;
            parts =
                parts.singlepart(Attachment::new(file.name.clone()).body(file.bytes.clone(), content_type));
        }
        Ok(message.multipart(parts)?)
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, DeliveryError> {
        let lasting = |error: String| DeliveryError::Lasting(error);
        let server = &self.server;
        let parameters = || {
            let mut parameters = TlsParameters::builder(server.host.clone());
            if let Some(file) = &server.ca_file {
                let unread = |error: String| {
                    lasting(format!("cannot use the certificates in {}: {error}", file.display()))
                };
                let pem = text_file::read(file).map_err(|error| unread(error.0))?;
                parameters = parameters.add_root_certificate(
                    Certificate::from_pem(pem.as_bytes()).map_err(|error| unread(error.to_string()))?,
                );
            }
            parameters.build().map_err(|error| lasting(format!("cannot set up TLS: {error}")))
        };
        let (tls, port) = match server.tls {
            MailTls::Tls => (Tls::Wrapper(parameters()?), 465),
            MailTls::Starttls => (Tls::Required(parameters()?), 587),
            MailTls::None => (Tls::None, 25),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .tls(tls)
            .port(server.port.unwrap_or(port))
            .timeout(Some(self.patience));
        if let (Some(user), Some(password)) = (&server.user, &server.password) {
            let password = password.read("the password of [mail]").map_err(|error| lasting(error.0))?;
            transport =
                transport.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()));
        }
        Ok(transport.build())
    }
}
