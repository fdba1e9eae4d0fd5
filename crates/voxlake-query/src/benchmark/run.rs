//! One run of a query, with its rows and measurements.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::value::RawValue;
use voxlake_lake::sha256_hex;

use super::error::BenchmarkError;
use super::memory;
use super::session::Benchmark;
use crate::{NamedQuery, QueryError, ScanMetrics};

/// Hexadecimal digits of a digest: 64 bits distinguish two answers.
const DIGEST_DIGITS: usize = 16;

/// One run of a query.
pub(super) struct Run {
    /// Time from the text of the query to its last row, planning included.
    pub(super) took: Duration,
    pub(super) metrics: ScanMetrics,
    /// Peak of the resident memory during the run in bytes, if the system reports it.
    pub(super) peak_memory: Option<u64>,
    pub(super) rows: usize,
    /// Rows as a JSON array of objects.
    pub(super) answer: Box<RawValue>,
    /// Digest of `answer`. Each query orders all of its rows, so equal rows have equal text.
    pub(super) digest: String,
}

impl Run {
    /// Runs a query.
    pub(super) async fn measure(benchmark: &Benchmark, query: &NamedQuery) -> Result<Self, BenchmarkError> {
        let failed = |source: QueryError| BenchmarkError::Failed { name: query.name.clone(), source };
        let params = benchmark.subject.params(query);
        memory::reset_peak();
        let started = Instant::now();
        let mut running = benchmark.session.run(query, &params).await.map_err(failed)?;
        let mut batches = Vec::new();
        while let Some(batch) = running.next().await {
            batches.push(batch.map_err(failed)?);
        }
        let took = started.elapsed();
        let peak_memory = memory::peak();

        let json = (benchmark.encode)(running.schema(), &batches).map_err(BenchmarkError::Encoding)?;
        let digest = sha256_hex(&json, DIGEST_DIGITS);
        Ok(Self {
            took,
            metrics: running.metrics(),
            peak_memory,
            rows: batches.iter().map(datafusion::arrow::array::RecordBatch::num_rows).sum(),
            answer: RawValue::from_string(json.trim_end().to_owned())?,
            digest,
        })
    }
}
