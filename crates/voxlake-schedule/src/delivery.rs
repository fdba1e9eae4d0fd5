//! Delivery of reports to a folder, an object store, e-mail or a webhook, with retries of transient
//! errors.
//!
//! A delivery keeps its id over all attempts, so that the recipient recognises a second copy: the
//! name of a file, a Message-ID, an Idempotency-Key.
//!
//! - [`DeliveryPayload`]: the files and figures to deliver
//! - [`Destination`]: where to deliver them, in a [`DeliveryContext`]
//! - [`SecretSource`]: passwords and secret URLs

mod certificate;
mod config;
mod context;
mod destination;
mod error;
pub mod folder;
mod mail;
mod payload;
mod secret;
mod store;
mod webhook;

pub use config::{DestinationConfig, MailConfig, MailTls};
pub use context::DeliveryContext;
pub use destination::Destination;
pub use error::DeliveryError;
pub use payload::{DeliveryPayload, Headline};
pub use secret::{SecretError, SecretSource};
