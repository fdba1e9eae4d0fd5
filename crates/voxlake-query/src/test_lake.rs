//! Lakes for tests: calls in JSON, day files written by Parquet's writer, and results as lines of
//! text.

#![allow(clippy::unwrap_used, reason = "only tests use it")]

use std::fs::{File, create_dir_all};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use voxlake_lake::Lake;
use voxlake_model::decode_records;
use voxlake_model::list::{ARROW_LIST_CHILD, rename_list_children};

use crate::{LakeSession, Params, QueryError, QueryLibrary, SessionOptions};

/// Start, end (exclusive) and number of records that the API counted.
pub type FetchedRange = (DateTime<Utc>, DateTime<Utc>, Option<u64>);

/// Lake in a temporary folder, which is deleted with it.
pub struct TestLake {
    folder: TempDir,
}

impl TestLake {
    /// Lake without day files.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        create_dir_all(folder.path().join("voice_calls")).unwrap();
        Self { folder }
    }

    /// Lake of these calls, each in the file of its day.
    pub fn with_calls(calls: impl IntoIterator<Item = Value>) -> Self {
        let lake = Self::empty();
        let mut days = std::collections::BTreeMap::<String, Vec<Value>>::new();
        for call in calls {
            let start = voxlake_model::time::parse(call["start_time"].as_str().unwrap()).unwrap();
            days.entry(start.date_naive().to_string()).or_default().push(call);
        }
        for (day, calls) in days {
            lake.write(&day, &decoded(&calls));
        }
        lake
    }

    /// Path of a day file.
    pub fn path(&self, day: &str) -> PathBuf {
        let day: NaiveDate = day.parse().unwrap();
        self.folder.path().join(format!("voice_calls/date={day}/calls.parquet"))
    }

    /// Folder of the footer cache.
    pub fn notes(&self) -> PathBuf {
        self.folder.path().join("_voxlake/footers")
    }

    /// Writes a day file.
    pub fn write(&self, day: &str, calls: &RecordBatch) {
        let path = self.path(day);
        create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), calls.schema(), None).unwrap();
        writer.write(calls).unwrap();
        writer.close().unwrap();
    }

    /// Writes a day file with coverage: ranges with the number of records that the API counted,
    /// fetched at noon two days after their end.
    pub fn write_fetched(&self, day: &str, calls: &RecordBatch, ranges: &[FetchedRange]) {
        let ranges = ranges.iter().map(|(from, to, total)| {
            let at = to.date_naive() + TimeDelta::days(2);
            json!({"from": from, "to": to, "fetched_at": format!("{at}T12:00:00Z"), "total_records": total})
        });
        let coverage = json!({"ranges": ranges.collect::<Vec<_>>()}).to_string();
        let path = self.path(day);
        create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), calls.schema(), None).unwrap();
        writer.write(calls).unwrap();
        writer.append_key_value_metadata(KeyValue::new("voxlake.coverage".to_owned(), coverage));
        writer.close().unwrap();
    }

    /// Opens the lake.
    pub async fn lake(&self) -> Lake {
        Lake::open(self.folder.path().to_str().unwrap()).await.unwrap()
    }

    /// A session with default options.
    pub async fn session(&self) -> LakeSession {
        self.open(SessionOptions::default()).await.unwrap()
    }

    /// Opens a session.
    pub async fn open(&self, options: SessionOptions) -> Result<LakeSession, QueryError> {
        LakeSession::open(&self.lake().await, options).await
    }

    /// Rows of a result of SQL.
    pub async fn sql(&self, sql: &str) -> Vec<String> {
        let answer = self.session().await.sql(sql).await.unwrap();
        rows(&answer.collect().await.unwrap())
    }

    /// Rows of a result of a named query, with a header.
    pub async fn named(&self, name: &str, params: &[(&str, &str)]) -> String {
        let params = params.iter().copied().collect::<Params>();
        let catalog = QueryLibrary::shipped().unwrap();
        let answer = self.session().await.run(catalog.get(name).unwrap(), &params).await.unwrap();
        rendered(&answer.collect().await.unwrap())
    }
}

/// Decodes calls, fetched a year after 2026-11-01.
pub fn decoded(calls: &[Value]) -> RecordBatch {
    let fetched_at: DateTime<Utc> = "2027-11-01T00:00:00Z".parse().unwrap();
    let records = calls.iter().map(Value::to_string).collect::<Vec<_>>();
    let (batch, rejects) = decode_records(records.iter().map(String::as_str), fetched_at).unwrap();
    assert!(rejects.is_empty(), "{rejects:?}");
    batch
}

/// An inbound call that a queue distributed, with the fields `more`.
pub fn call(id: &str, start: &str, more: Value) -> Value {
    let mut call = json!({
        "engagement_id": id,
        "start_time": start,
        "direction": "inbound",
        "distributions": ["acd"],
        "result": "completed",
    });
    if let Value::Object(more) = more {
        for (key, value) in more {
            call[key] = value;
        }
    }
    call
}

/// Queue as in `queues`; its id is its name in lower case.
pub fn queue(name: &str) -> Value {
    json!({"cc_queue_id": name.to_lowercase(), "queue_name": name})
}

/// One line per row, values separated by ` | `, null as NULL.
pub fn rows(batches: &[RecordBatch]) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let mut rows = Vec::new();
    for batch in batches {
        let columns = batch
            .columns()
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect::<Vec<_>>();
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|c| c.value(row).to_string()).collect::<Vec<_>>().join(" | "));
        }
    }
    rows
}

/// Rows below the names of their columns.
pub fn rendered(batches: &[RecordBatch]) -> String {
    let Some(batch) = batches.first() else { return String::new() };
    let schema = batch.schema();
    let names = schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>().join(" | ");
    std::iter::once(names).chain(rows(batches)).collect::<Vec<_>>().join("\n")
}

/// Calls with the names of list children in the day files of earlier versions.
pub fn with_former_lists(calls: &RecordBatch) -> RecordBatch {
    let schema = calls.schema();
    let columns = schema.fields().iter().zip(calls.columns()).map(|(field, column)| {
        let of = rename_list_children(field.data_type(), ARROW_LIST_CHILD);
        let column = cast(column, &of).unwrap();
        (Field::clone(field).with_data_type(of), column)
    });
    let (fields, columns): (Vec<Field>, Vec<_>) = columns.unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Batch without a top-level column.
pub fn without(batch: &RecordBatch, column: &str) -> RecordBatch {
    let keep =
        (0..batch.num_columns()).filter(|i| batch.schema().field(*i).name() != column).collect::<Vec<_>>();
    batch.project(&keep).unwrap()
}
