//! Where reports go: a folder, an object store, e-mail, a webhook; each tried again where it fails in passing.
//!
//! A delivery has an id that stays the same however often it is tried, so that whoever receives can tell a
//! second copy: the name of a file, a Message-ID, an Idempotency-Key.
//!
//! - [`Parcel`]: what is delivered; [`Destination`]: where to
//! - [`secret`]: passwords and addresses that are secrets
//! - [`folder`], [`store`], [`mail`], [`webhook`]: one file each

mod certificate;
pub(crate) mod folder;
mod mail;
mod parcel;
mod secret;
mod settings;
mod store;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable as _};
use thiserror::Error;
use url::Url;

use crate::exit::UsageError;
use crate::output_guard;
pub(crate) use parcel::Parcel;
pub(crate) use settings::{DestinationSettings, MailSettings};

/// Tries of one delivery within a run; a run that failed is tried again later, too.
const TRIES: usize = 4;
/// How long one try may take, where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest time between two tries.
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// Why a delivery failed.
#[derive(Debug, Error)]
pub(crate) enum DeliveryError {
    /// It may work the next time.
    #[error("{0}")]
    Passing(String),
    /// It will not work until something is changed.
    #[error("{0}")]
    Lasting(String),
}

/// Where a report goes.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    Folder(PathBuf),
    Store(Url),
    Mail(Box<mail::Mail>),
    Webhook(Box<webhook::Webhook>),
}

impl Destination {
    /// The destinations of a `[[schedule.deliver]]` table: one, or one for each recipient of an e-mail.
    pub(crate) fn all_of(
        settings: &DestinationSettings,
        mail: Option<&MailSettings>,
        lake: &str,
    ) -> Result<Vec<Self>, UsageError> {
        let given = [
            settings.folder.is_some(),
            settings.store.is_some(),
            settings.email.is_some(),
            settings.webhook.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            return Err(UsageError(
                "[[schedule.deliver]] is one of folder, store, email and webhook: write a table for each"
                    .to_owned(),
            ));
        }
        let is_of = |key: &str, of: &str, given: bool, fits: bool| match given && !fits {
            true => Err(UsageError(format!("deliver: {key} belongs to {of}"))),
            false => Ok(()),
        };
        let (email, webhook) = (settings.email.is_some(), settings.webhook.is_some());
        is_of("subject", "email", settings.subject.is_some(), email)?;
        is_of("body", "webhook", settings.body.is_some(), webhook)?;
        is_of("authorization", "webhook", settings.authorization.is_some(), webhook)?;
        is_of("headers", "webhook", !settings.headers.is_empty(), webhook)?;
        is_of("link", "webhook", settings.link.is_some(), webhook)?;
        is_of("files", "webhook", settings.files, webhook)?;
        is_of("insecure_http", "webhook", settings.insecure_http, webhook)?;
        is_of("ca_file", "webhook, and to [mail]", settings.ca_file.is_some(), webhook)?;
        is_of("timeout", "webhook, and to [mail]", settings.timeout.is_some(), webhook)?;
        if let Some(folder) = &settings.folder {
            output_guard::refuse_lake(folder)?;
            return Ok(vec![Self::Folder(folder.clone())]);
        }
        if let Some(url) = &settings.store {
            let url = store::checked(url)?;
            output_guard::refuse_lake_url(&url, lake)?;
            return Ok(vec![Self::Store(url)]);
        }
        if let Some(to) = &settings.email {
            let mail = mail.ok_or_else(|| {
                UsageError("deliver: email needs the table [mail] with host and from".to_owned())
            })?;
            let mails = mail::Mail::to_each(mail, to, settings.subject.as_deref())?;
            return Ok(mails.into_iter().map(|mail| Self::Mail(Box::new(mail))).collect());
        }
        Ok(vec![Self::Webhook(Box::new(webhook::Webhook::of(settings)?))])
    }

    /// What tells it from other destinations, for the ledger.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Folder(folder) => format!("folder {}", folder.display()),
            Self::Store(url) => format!("store {url}"),
            Self::Mail(mail) => format!("email {}", mail.id()),
            Self::Webhook(webhook) => format!("webhook {}", webhook.id()),
        }
    }

    /// Identity of the message. All recipients of an e-mail get the same message.
    pub(crate) fn message_id(&self) -> String {
        match self {
            Self::Mail(mail) => format!("email {}", mail.message_id()),
            other => other.id(),
        }
    }

    /// What it is, in words.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::Mail(mail) => mail.told(),
            _ => self.id(),
        }
    }

    /// Delivers, again and again where it fails in passing.
    pub(crate) async fn deliver(
        &self,
        parcel: &Parcel,
        id: &str,
        first_delay: Duration,
    ) -> anyhow::Result<()> {
        let backoff = ExponentialBuilder::new()
            .with_min_delay(first_delay)
            .with_max_delay(LONGEST_DELAY)
            .with_max_times(TRIES - 1)
            .with_jitter();
        let once = || async {
            match self {
                Self::Folder(folder) => deliver_to_folder(folder, parcel),
                Self::Store(url) => store::put(url, parcel).await,
                Self::Mail(mail) => mail.send(parcel, id).await,
                Self::Webhook(webhook) => webhook.post(parcel, id).await,
            }
        };
        let tried = once.retry(backoff).when(|error| matches!(error, DeliveryError::Passing(_))).notify(
            |error, delay| {
                tracing::warn!(
                    "{}: {error}; tried again in {}",
                    self.told(),
                    humantime::format_duration(delay)
                );
            },
        );
        Ok(tried.await?)
    }
}

/// How long a delivery may take, by its setting.
fn patience(of: &str, text: Option<&str>) -> Result<Duration, UsageError> {
    let Some(text) = text else { return Ok(PATIENCE) };
    humantime::parse_duration(text)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| UsageError(format!("{of}: timeout = {text:?} is no duration such as 30s")))
}

fn deliver_to_folder(path: &std::path::Path, parcel: &Parcel) -> Result<(), DeliveryError> {
    // Again: a link may lead elsewhere by now.
    output_guard::refuse_lake(path).map_err(|error| DeliveryError::Lasting(error.0))?;
    std::fs::create_dir_all(path).map_err(|error| {
        DeliveryError::Passing(format!("cannot make the folder {}: {error}", path.display()))
    })?;
    for file in &parcel.files {
        folder::write(path, &file.name, &file.bytes)
            .map_err(|error| DeliveryError::Passing(format!("{error:#}")))?;
    }
    Ok(())
}
