//! Columns of summaries that were decoded, held in memory for the questions that follow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{Array as _, ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema};
use voxlake_lake::{SummaryContent, SummaryPeriod};

use super::kept::locked;
use crate::session::SessionOptions;

/// What a session holds at most (bytes), and a quarter of its limit of memory at most; past that all of it is let go.
const MOST: usize = 512 << 20;

/// The bytes of files up to which a question's are held: a year of 10 million calls by the quarter of an hour has 6.5 MB and
/// a million rows, ten years of a billion calls 127 MB and 20 million.
const FILES: u64 = 32 << 20;

/// A summary, by the name of its definition.
type Key = (&'static str, SummaryPeriod);

/// The decoded columns of a session's summaries.
#[derive(Debug)]
pub(crate) struct Held {
    files: u64,
    most: usize,
    columns: Mutex<Columns>,
}

#[derive(Debug, Default)]
struct Columns {
    /// How many rows a summary has.
    rows: HashMap<Key, usize>,
    columns: HashMap<(Key, usize), ArrayRef>,
    bytes: usize,
}

impl Held {
    /// Holds nothing yet.
    pub(super) fn new(options: &SessionOptions) -> Self {
        let files = options.hold_summaries.unwrap_or(FILES);
        let most = options.memory_limit.map_or(MOST, |limit| MOST.min(limit / 4));
        Self { files, most, columns: Mutex::default() }
    }

    /// Whether the summaries of a question are held, whose files have these bytes.
    pub(super) fn takes(&self, bytes: u64) -> bool {
        bytes <= self.files
    }

    /// These columns of a summary, by their places; `None` where not all of them are held.
    pub(super) fn rows(&self, key: Key, columns: &[usize]) -> Option<RecordBatch> {
        let held = locked(&self.columns);
        let count = *held.rows.get(&key)?;
        let columns: Option<_> =
            columns.iter().map(|column| held.columns.get(&(key, *column)).cloned()).collect();
        batch(columns?, count)
    }

    /// These columns of a summary, decoded, and held from now on if there is room. `None` where they cannot be decoded.
    pub(super) fn decode(
        &self,
        key: Key,
        columns: &[usize],
        content: &SummaryContent,
    ) -> Option<RecordBatch> {
        let rows = content.rows(columns).ok()?;
        let mut held = locked(&self.columns);
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
