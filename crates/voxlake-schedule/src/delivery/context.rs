//! Circumstances of a delivery.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::environment::Environment;

/// Identity and time of a delivery, and the variables that it reads.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeliveryContext<'a> {
    /// Id by which the recipient recognizes a repeated delivery.
    pub id: &'a str,
    /// Current time.
    pub now: DateTime<Utc>,
    /// Variables that hold the secrets of the destination.
    pub environment: &'a Environment,
    /// Delay before the second attempt.
    pub first_retry_delay: Duration,
}

impl<'a> DeliveryContext<'a> {
    /// Creates the context of a delivery with a first retry after one second.
    #[must_use]
    pub fn new(id: &'a str, now: DateTime<Utc>, environment: &'a Environment) -> Self {
        Self { id, now, environment, first_retry_delay: Duration::from_secs(1) }
    }
}
