//! Lakes of simulated calls, for benchmarks, demonstrations and queries on large lakes.
//!
//! - [`Generator`]: writes the calls of a centre into a lake without HTTP, as a sync would have
//!   written them; [`GenerateOptions`], [`GenerateProgress`], [`GenerateReport`]
//! - [`claim_simulated`], [`refuse_simulated`]: origin of a lake, so that calls of two centres, or
//!   simulated and real calls, are never mixed
//! - [`DemoPeriod`]: period and time of a demonstration that syncs simulated calls over HTTP
//! - [`parse_call_count`]: large numbers as users write them, such as `10M`
//!
//! ```text
//! voxlake-sim ──Dataset──▶ Generator ──RecordBatch, one day per thread──▶ voxlake-lake
//! ```
//!
//! This is a crate of its own because `voxlake-sim` must not depend on the lake: the simulator is
//! the reference by which the lake is tested.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use voxlake_generate::{GenerateOptions, Generator};
//! use voxlake_lake::Lake;
//! use voxlake_sim::{Centre, CentreConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let lake = Lake::create(folder.path().to_string_lossy().as_ref()).await?;
//! let now = "2026-11-20T12:00:00Z".parse()?;
//! let options = GenerateOptions::new(2, None, now);
//! let (from, to) = (options.period.from, options.period.to);
//! let (centre, calls) = Centre::with_call_count(&CentreConfig::default(), 100, from, to)?;
//!
//! let generator = Generator::new(Arc::new(centre), options);
//! let report = generator.run(&lake, now, Arc::new(|_| {}), std::future::pending()).await?;
//! assert_eq!(report.generated_calls, calls);
//! println!("{}", report.describe().join("\n"));
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! None.

mod batches;
mod call_count;
mod error;
mod generator;
mod options;
mod origin;
mod period;
mod progress;
mod report;

pub use call_count::{InvalidCallCount, parse_call_count};
pub use error::GenerateError;
pub use generator::Generator;
pub use options::GenerateOptions;
pub use origin::{claim_simulated, refuse_simulated};
pub use period::DemoPeriod;
pub use progress::{GenerateProgress, ProgressSink};
pub use report::GenerateReport;
