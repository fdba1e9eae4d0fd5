//! Filters: conditions on calls that the API evaluates.
//!
//! A request selects calls by a period and by these parameters. Names and values are those of the
//! API documentation.
//!
//! - [`conditions`]: validated conditions of a sync or lookup
//! - [`parameter`]: parameters of the endpoint; [`value`]: validation of their values; [`error`]
//! - [`matching`]: checks of fetched records
//! - [`requests`]: the form of conditions in requests

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
