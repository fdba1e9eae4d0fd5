//! Records that cannot be stored as calls.

use thiserror::Error;

use crate::limits::MAX_LIST_ENTRIES;

/// A record that cannot be stored as a call, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Reason of the rejection.
    pub reason: RejectReason,
    /// The whole record as the API returned it. It contains personal data.
    pub record: String,
}

/// Reason why a record cannot be stored as a call. The texts never repeat values of the record.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectReason {
    /// The record has a syntax error that does not affect the rest of the page.
    #[error("the record is not valid JSON")]
    InvalidJson,
    /// The record is a string, a number, a list or null.
    #[error("the record is not a JSON object")]
    NotAnObject,
    /// `engagement_id` is missing, null, blank, a list or an object.
    #[error("the record has no engagement_id")]
    NoEngagementId,
    /// `start_time` is missing or null.
    #[error("the record has no start_time")]
    NoStartTime,
    /// A list has too many entries.
    #[error("the record has a list of more than {MAX_LIST_ENTRIES} entries")]
    ListTooLong,
    /// [`crate::time::parse`] does not accept `start_time`.
    #[error("the record's start_time is not a time between 2000 and 2199")]
    InvalidStartTime,
}
