//! Destinations of reports.

use std::path::PathBuf;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use url::Url;
use voxlake_lake::{check_output_path, check_output_url};

use super::config::{DestinationConfig, MailConfig};
use super::context::DeliveryContext;
use super::error::DeliveryError;
use super::mail::Mail;
use super::payload::DeliveryPayload;
use super::webhook::Webhook;
use super::{folder, store};
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};

/// Maximum attempts of a delivery within a run. A failed run is tried again later.
const MAX_ATTEMPTS: usize = 4;
/// Maximum delay between two attempts.
const MAX_DELAY: Duration = Duration::from_secs(30);

/// Destination of reports.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Destination {
    /// A folder.
    Folder(PathBuf),
    /// A URL of an object store.
    Store(Url),
    /// An e-mail to one recipient.
    Mail(Box<Mail>),
    /// A webhook.
    Webhook(Box<Webhook>),
}

impl Destination {
    /// Parses a `[[schedule.deliver]]` table: one destination, or one for each recipient of an
    /// e-mail.
    ///
    /// # Errors
    /// [`ScheduleError::Invalid`] for a table that is not exactly one destination, and for settings
    /// that it does not take; [`ScheduleError::OutputInLake`] for a place within a lake.
    pub fn parse(
        config: &DestinationConfig,
        mail: Option<&MailConfig>,
        lake: &str,
        environment: &Environment,
    ) -> Result<Vec<Self>, ScheduleError> {
        config.check_kind()?;
        if let Some(folder) = &config.folder {
            check_output_path(folder)?;
            return Ok(vec![Self::Folder(folder.clone())]);
        }
        if let Some(url) = &config.store {
            let url = store::parse_url(url, environment)?;
            check_output_url(&url, lake)?;
            return Ok(vec![Self::Store(url)]);
        }
        if let Some(to) = &config.email {
            let mail =
                mail.ok_or_else(|| invalid("deliver: email needs the table [mail] with host and from"))?;
            let mails = Mail::parse_each(mail, to, config.subject.as_deref())?;
            return Ok(mails.into_iter().map(|mail| Self::Mail(Box::new(mail))).collect());
        }
        Ok(vec![Self::Webhook(Box::new(Webhook::parse(config)?))])
    }

    /// Returns the identity of the destination in the ledger.
    pub fn id(&self) -> String {
        match self {
            Self::Folder(folder) => format!("folder {}", folder.display()),
            Self::Store(url) => format!("store {url}"),
            Self::Mail(mail) => format!("email {}", mail.id()),
            Self::Webhook(webhook) => format!("webhook {}", webhook.id()),
        }
    }

    /// Returns the identity of the message. All recipients of an e-mail get the same message.
    pub fn message_id(&self) -> String {
        match self {
            Self::Mail(mail) => format!("email {}", mail.message_id()),
            other => other.id(),
        }
    }

    /// Returns the destination as text for people.
    pub fn describe(&self) -> String {
        match self {
            Self::Mail(mail) => mail.describe(),
            _ => self.id(),
        }
    }

    /// Delivers a report, with retries of transient errors.
    ///
    /// # Errors
    /// The error of the last attempt.
    pub async fn deliver(
        &self,
        payload: &DeliveryPayload,
        context: &DeliveryContext<'_>,
    ) -> Result<(), DeliveryError> {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(context.first_retry_delay)
            .with_max_delay(MAX_DELAY)
            .with_max_times(MAX_ATTEMPTS - 1)
            .with_jitter();
        let attempt = || async {
            match self {
                Self::Folder(path) => folder::deliver(path.clone(), payload.files.clone()).await,
                Self::Store(url) => store::put(url, payload, context.environment).await,
                Self::Mail(mail) => mail.send(payload, context).await,
                Self::Webhook(webhook) => webhook.post(payload, context).await,
            }
        };
        attempt
            .retry(backoff)
            .when(|error| matches!(error, DeliveryError::Transient(_)))
            .notify(|error, delay| {
                let delay = humantime::format_duration(delay);
                tracing::warn!("{}: {error}; next attempt in {delay}", self.describe());
            })
            .await
    }
}
