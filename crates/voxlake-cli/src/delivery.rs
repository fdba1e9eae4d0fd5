//! Where reports go.
pub(crate) mod folder;
mod secret;
mod settings;

pub(crate) use settings::{DestinationSettings, MailSettings};
