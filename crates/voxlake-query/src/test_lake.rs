//! Lakes for tests: calls written as JSON, day files written with Parquet's own writer, and answers
//! as lines of text.

#![allow(clippy::unwrap_used, reason = "only tests use it")]

use std::fs::{File, create_dir_all};
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use serde_json::{Value, json};
use tempfile::TempDir;
use voxlake_lake::Lake;
use voxlake_model::decode_records;

use crate::{Catalog, LakeSession, Params, QueryError, SessionOptions};

/// First moment, first moment after, and the records that the API counted.
pub type FetchedRange = (DateTime<Utc>, DateTime<Utc>, Option<u64>);

/// A lake in a folder that goes when this does.
pub struct TestLake {
    folder: TempDir,
}

impl TestLake {
    /// A lake without a day.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        create_dir_all(folder.path().join("voice_calls")).unwrap();
        Self { folder }
    }

    /// A lake of these calls, each in the file of its day.
    pub fn of(calls: impl IntoIterator<Item = Value>) -> Self {
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

    /// The path of a day's file.
    pub fn path(&self, day: &str) -> PathBuf {
        let day: NaiveDate = day.parse().unwrap();
        self.folder.path().join(format!("voice_calls/date={day}/calls.parquet"))
    }

    /// The folder of what is noted of the day files' footers.
    pub fn notes(&self) -> PathBuf {
        self.folder.path().join("_voxlake/footers")
    }

    /// Writes a day's file.
    pub fn write(&self, day: &str, calls: &RecordBatch) {
        let path = self.path(day);
        create_dir_all(path.parent().unwrap()).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), calls.schema(), None).unwrap();
        writer.write(calls).unwrap();
        writer.close().unwrap();
    }

    /// Writes a day's file that says when its calls were fetched: ranges with the number of records
    /// that the API counted in each, fetched at noon two days after they end.
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

    /// The lake.
    pub async fn lake(&self) -> Lake {
        Lake::open(self.folder.path().to_str().unwrap()).await.unwrap()
    }

    /// A session with default options.
    pub async fn session(&self) -> LakeSession {
        self.open(SessionOptions::default()).await.unwrap()
    }

    /// A session.
    pub async fn open(&self, options: SessionOptions) -> Result<LakeSession, QueryError> {
        LakeSession::open(&self.lake().await, options).await
    }

    /// The rows of an answer to SQL.
    pub async fn sql(&self, sql: &str) -> Vec<String> {
        let answer = self.session().await.sql(sql).await.unwrap();
        rows(&answer.collect().await.unwrap())
    }

    /// The rows of a named query's answer, with a header.
    pub async fn named(&self, name: &str, params: &[(&str, &str)]) -> String {
        let params = params.iter().copied().collect::<Params>();
        let catalog = Catalog::shipped().unwrap();
        let answer = self.session().await.run(catalog.get(name).unwrap(), &params).await.unwrap();
        rendered(&answer.collect().await.unwrap())
    }
}

/// The calls, fetched a year after 2026-11-01.
pub fn decoded(calls: &[Value]) -> RecordBatch {
    let fetched_at: DateTime<Utc> = "2027-11-01T00:00:00Z".parse().unwrap();
    let records = calls.iter().map(Value::to_string).collect::<Vec<_>>();
    let (batch, rejects) = decode_records(records.iter().map(String::as_str), fetched_at).unwrap();
    assert!(rejects.is_empty(), "{rejects:?}");
    batch
}

/// An inbound call that a queue's distributor handled, with `more` fields over and above.
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

/// A queue as `queues` names it: its id is its name in lower case.
pub fn queue(name: &str) -> Value {
    json!({"cc_queue_id": name.to_lowercase(), "queue_name": name})
}

/// One line for each row, values parted by ` | `, null as NULL.
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

/// The rows under the names of their columns.
pub fn rendered(batches: &[RecordBatch]) -> String {
    let Some(batch) = batches.first() else { return String::new() };
    let schema = batch.schema();
    let names = schema.fields().iter().map(|f| f.name().as_str()).collect::<Vec<_>>().join(" | ");
    std::iter::once(names).chain(rows(batches)).collect::<Vec<_>>().join("\n")
}

/// The batch without a top-level column.
pub fn without(batch: &RecordBatch, column: &str) -> RecordBatch {
    let keep =
        (0..batch.num_columns()).filter(|i| batch.schema().field(*i).name() != column).collect::<Vec<_>>();
    batch.project(&keep).unwrap()
}
