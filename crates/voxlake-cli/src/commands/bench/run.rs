//! A question asked once: its answer, and what that took.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures::StreamExt as _;
use serde_json::value::RawValue;
use voxlake_lake::sha256_hex;
use voxlake_query::{NamedQuery, Reading};
use voxlake_report::{Format, Layout, writer};

use super::{Bench, memory};

/// Hexadecimal digits of a digest: 64 bits tell two answers apart.
const DIGEST_DIGITS: usize = 16;

/// One asking of a question.
pub(super) struct Run {
    /// From the text of the question to its last row, planning included.
    pub(super) took: Duration,
    pub(super) reading: Reading,
    /// The most resident bytes of the process meanwhile, where the system tells.
    pub(super) peak_memory: Option<u64>,
    pub(super) rows: usize,
    /// The rows as a JSON array of objects.
    pub(super) answer: Box<RawValue>,
    /// Of `answer`: each question has an order for all of its rows, and so the same answer has the same text.
    pub(super) digest: String,
}

impl Run {
    pub(super) async fn of(bench: &Bench, question: &NamedQuery) -> anyhow::Result<Self> {
        let params = bench.subject.params(question);
        memory::forget_peak();
        let begun = Instant::now();
        let mut running = bench.session.run(question, &params).await?;
        let mut batches = Vec::new();
        while let Some(batch) = running.next().await {
            batches.push(batch?);
        }
        let took = begun.elapsed();
        let peak_memory = memory::peak();

        let mut json = Vec::new();
        let mut out = writer(Format::Json, running.schema(), &Layout::default(), &mut json)?;
        batches.iter().try_for_each(|batch| out.write(batch))?;
        out.finish()?;
        drop(out);
        let json = String::from_utf8(json).context("JSON is UTF-8")?;
        let digest = sha256_hex(&json, DIGEST_DIGITS);
        Ok(Self {
            took,
            reading: running.reading(),
            peak_memory,
            rows: batches.iter().map(arrow::array::RecordBatch::num_rows).sum(),
            answer: RawValue::from_string(json.trim_end().to_owned())?,
            digest,
        })
    }
}
