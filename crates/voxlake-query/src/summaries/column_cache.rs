//! Cache of decoded summary columns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema};
use voxlake_lake::{SummaryContent, SummaryPeriod};
use voxlake_model::sync;

use crate::options::SessionOptions;

/// Limit of a session's cache (bytes), and at most a quarter of its memory limit. A full cache is
/// cleared.
const MAX_CACHE_BYTES: usize = 512 << 20;

/// Default limit of compressed summary bytes per query that are cached. A year of 10 million calls
/// by quarter hour has 6.5 MB and a million rows, ten years of a billion calls 127 MB and 20
/// million rows.
const FILES: u64 = 32 << 20;

/// A summary by name and period.
type Key = (&'static str, SummaryPeriod);

/// Cache of the decoded summary columns of a session.
#[derive(Debug)]
pub(crate) struct ColumnCache {
    files: u64,
    most: usize,
    columns: Mutex<Columns>,
}

#[derive(Debug, Default)]
struct Columns {
    /// Row counts by summary.
    rows: HashMap<Key, usize>,
    columns: HashMap<(Key, usize), ArrayRef>,
    bytes: usize,
}

impl ColumnCache {
    /// Creates an empty cache.
    pub(super) fn new(options: &SessionOptions) -> Self {
        let files = options.max_cached_summary_bytes.unwrap_or(FILES);
        let most = options.memory_limit.map_or(MAX_CACHE_BYTES, |limit| MAX_CACHE_BYTES.min(limit / 4));
        Self { files, most, columns: Mutex::default() }
    }

    /// Returns whether a query that reads `bytes` of summary files uses the cache.
    pub(super) fn takes(&self, bytes: u64) -> bool {
        bytes <= self.files
    }

    /// Returns columns of a summary by index; `None` unless all are cached.
    pub(super) fn rows(&self, key: Key, columns: &[usize]) -> Option<RecordBatch> {
        let held = sync::lock(&self.columns);
        let count = *held.rows.get(&key)?;
        let columns: Option<_> =
            columns.iter().map(|column| held.columns.get(&(key, *column)).cloned()).collect();
        batch(columns?, count)
    }

    /// Decodes columns of a summary and caches them. `None` if they cannot be decoded.
    pub(super) fn decode(
        &self,
        key: Key,
        columns: &[usize],
        content: &SummaryContent,
    ) -> Option<RecordBatch> {
        let rows = content.rows(columns).ok()?;
        let mut held = sync::lock(&self.columns);
        let bytes = rows.get_array_memory_size();
        if held.bytes + bytes > self.most {
            *held = Columns::default();
        }
        if bytes > self.most {
            return Some(rows);
        }
        held.bytes += bytes;
        held.rows.insert(key, rows.num_rows());
        for (column, values) in columns.iter().zip(rows.columns()) {
            if let Some(before) = held.columns.insert((key, *column), Arc::clone(values)) {
                held.bytes -= before.get_array_memory_size().min(held.bytes);
            }
        }
        Some(rows)
    }
}

fn batch(columns: Vec<ArrayRef>, count: usize) -> Option<RecordBatch> {
    let fields = columns.iter().map(|values| Field::new("", values.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options).ok()
}
