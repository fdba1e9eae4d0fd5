//! Records that cannot be stored as calls.

use thiserror::Error;

use crate::limits::MAX_LIST_ENTRIES;

/// A record that has no place in the lake, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Why the record cannot be placed.
    pub reason: RejectReason,
    /// The record, whole, as the API wrote it. It holds personal data.
    pub record: String,
}

/// Why a record cannot be placed. The texts never repeat the record's values.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectReason {
    /// The record breaks JSON's rules in a way that only shows inside it.
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
    /// A list has more entries than any call has.
    #[error("the record has a list of more than {MAX_LIST_ENTRIES} entries")]
    ListTooLong,
    /// `start_time` is in none of the forms of [`crate::time::parse`].
    #[error("the record's start_time is not a time between 2000 and 2199")]
    InvalidStartTime,
}
