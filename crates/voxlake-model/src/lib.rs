//! Data model of a call: the Arrow schema of `VoiceCall`, and the decoding of API pages into a
//! [`RecordBatch`](arrow::record_batch::RecordBatch). The crate does no I/O.
//!
//! - [`schema`]: the columns with their order, units and descriptions
//! - [`list`]: types of lists
//! - [`decode_page`]: decodes a page of the API into calls, and rejects for records that cannot be
//!   stored
//! - [`charge`]: parses charges such as `$0.019` into an exact decimal and a currency
//! - [`time`]: parses all forms of time that the API uses
//! - [`sync`]: locking of mutexes, for the crates above
//!
//! # Example
//! ```
//! use voxlake_model::{decode_page, schema};
//!
//! let body = br#"{
//!     "total_records": 2,
//!     "voice_calls": [
//!         {"engagement_id": "e1", "start_time": "2026-11-01T08:00:00Z", "charge": "$0.019"},
//!         {"engagement_id": "e2"}
//!     ]
//! }"#;
//! let page = decode_page(body, "2026-11-02T00:00:00Z".parse()?)?;
//! assert_eq!(page.calls.schema(), schema::voice_calls());
//! assert_eq!(page.calls.num_rows(), 1);
//! assert_eq!(page.rejects[0].reason.to_string(), "the record has no start_time");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! The crate has no Cargo features.

mod call_batch;
pub mod charge;
mod column;
mod cursor;
mod decode;
mod extra_fields;
mod limits;
pub mod list;
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
