//! Benchmark: the queries of the suite, timed over a lake in one warm process.
//!
//! - [`Benchmark`]: a session over the lake, with the parameters of the queries
//! - [`BenchmarkReport`]: the times of all runs
//! - [`serve_benchmark`]: queries that another program requests, one line each
//!
//! ```no_run
//! # async fn example(lake: &voxlake_lake::Lake) -> Result<(), Box<dyn std::error::Error>> {
//! use voxlake_query::benchmark::{Benchmark, select_queries};
//! use voxlake_query::{QueryLibrary, SessionOptions};
//!
//! let catalog = QueryLibrary::benchmark()?;
//! let queries = select_queries(&catalog, &["q1".to_owned()])?;
//! let encode: voxlake_query::benchmark::JsonEncoder = |_, _| Ok("[]".to_owned());
//! let benchmark = Benchmark::open(lake, SessionOptions::default(), encode).await?;
//! let report = benchmark.run(&queries, 5).await?;
//! println!("{}", serde_json::to_string_pretty(&report)?);
//! # Ok(())
//! # }
//! ```

mod error;
mod memory;
mod report;
mod rounds;
mod run;
mod serve;
mod session;
mod subject;

pub use error::BenchmarkError;
pub use report::{BenchmarkReport, TimedQuery};
pub use serve::serve_benchmark;
pub use session::{Benchmark, JsonEncoder, select_queries};
