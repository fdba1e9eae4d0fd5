//! What a call is: the Arrow schema of `VoiceCall`, and the way from a page of JSON to a
//! [`RecordBatch`](arrow::record_batch::RecordBatch). No I/O happens here.
//!
//! - [`schema`]: the columns, their order, units and what each means
//! - [`decode_page`]: a page of the API → calls, and rejects for what cannot be placed
//! - [`charge`]: charge text such as `$0.019` → exact decimal and currency
//! - [`time`]: every form of time that the API uses → an instant in UTC

mod call_batch;
pub mod charge;
mod column;
mod cursor;
mod decode;
mod extra_fields;
mod limits;
mod reject;
pub mod schema;
mod surrogates;
pub mod sync;
#[cfg(test)]
mod test_records;
pub mod time;

pub use charge::{Charge, CurrencySymbols, SymbolError};
pub use decode::{
    Page, PageError, decode_page, decode_page_with, decode_records, decode_records_with, utf8_lossy,
};
pub use reject::{Reject, RejectReason};
