//! Conditions on calls that the API evaluates.
//!
//! A request selects calls by a period and by these parameters. Names and values are those of the
//! endpoint's description.
//!
//! - [`conditions`]: the conditions of a sync or a lookup, validated
//! - [`parameter`]: the parameters of the endpoint; [`value`]: their values; [`error`]: why one is
//!   refused
//! - [`matching`]: whether records that came meet them
//! - [`requests`]: the conditions in the form in which they are sent

mod conditions;
mod error;
mod matching;
mod parameter;
mod requests;
mod value;

pub use self::conditions::CallFilter;
pub use self::error::FilterError;
pub use self::parameter::FilterParameter;
pub use self::requests::ListForm;
pub(crate) use self::requests::RequestFilter;

#[cfg(test)]
mod tests;
