//! A lake with a published table, and a reader of the table.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::Date32Type;
use chrono::{DateTime, NaiveDate, Utc};
use delta_kernel::Snapshot;
use delta_kernel::engine::arrow_data::ArrowEngineData;
use delta_kernel_default_engine::DefaultEngineBuilder;
use voxlake_lake::{ConflictPolicy, Lake, WriterLock};
use voxlake_model::decode_records;
use voxlake_publish::{PublishError, PublishOptions, PublishReport, publish};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Time at which the tests start.
pub(crate) fn start() -> DateTime<Utc> {
    at("2026-11-20T10:00:00Z")
}

/// A lake with its lock, and its folder if it has one.
pub(crate) struct TestLake {
    pub(crate) lake: Lake,
    pub(crate) lock: WriterLock,
    pub(crate) folder: Option<tempfile::TempDir>,
}

impl TestLake {
    pub(crate) async fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let lock = lake.lock(start()).await.unwrap();
        Self { lake, lock, folder: Some(folder) }
    }

    pub(crate) async fn in_memory() -> Self {
        let lake = Lake::create("memory:///lake").await.unwrap();
        let lock = lake.lock(start()).await.unwrap();
        Self { lake, lock, folder: None }
    }

    /// Merges a call into a day of November 2026.
    pub(crate) async fn add_call(&self, day: u32, id: &str) {
        let record = format!(
            r#"{{"engagement_id": "{id}", "start_time": "2026-11-{day:02}T08:00:00.123Z", "result": "completed",
            "charge": "$1.25", "queues": [{{"queue_name": "Billing"}}, {{"queue_name": "Claims"}}],
            "voice_call_details": [{{"start_time": "2026-11-{day:02}T08:00:00.123Z", "charge": "$0.5"}}]}}"#
        );
        let (calls, rejects) = decode_records([record.as_str()], start()).unwrap();
        assert!(rejects.is_empty());
        let date = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        self.lake.merge_day(&self.lock, date, vec![calls], &[], ConflictPolicy::Replace).await.unwrap();
    }

    pub(crate) async fn publish_at(&self, now: DateTime<Utc>) -> Result<PublishReport, PublishError> {
        self.publish_with(PublishOptions::default(), now).await
    }

    pub(crate) async fn publish_with(
        &self,
        options: PublishOptions,
        now: DateTime<Utc>,
    ) -> Result<PublishReport, PublishError> {
        publish(&self.lake, &self.lock, options, now, &|_| {}).await
    }

    pub(crate) async fn publish(&self) -> PublishReport {
        self.publish_at(start()).await.unwrap()
    }

    pub(crate) async fn data_files(&self) -> Vec<String> {
        let files = self.lake.published_table().files().await.unwrap();
        let files = files.iter().map(|meta| meta.location.to_string());
        files.filter(|path| !path.starts_with("_delta_log")).collect()
    }

    pub(crate) async fn log_names(&self) -> Vec<String> {
        let files = self.lake.published_table().log_files().await.unwrap();
        files.iter().map(|meta| meta.location.filename().unwrap().to_owned()).collect()
    }

    /// Reads a version of the table, or the newest one: its calls by date.
    pub(crate) async fn read(&self, version: Option<u64>) -> BTreeMap<NaiveDate, RecordBatch> {
        let (store, path) = (Arc::clone(self.lake.store()), self.lake.published_table().path());
        let read = move || {
            let engine = Arc::new(DefaultEngineBuilder::new(store).build());
            let mut builder = Snapshot::builder_for(format!("test://test--x-s3/{path}/"));
            if let Some(version) = version {
                builder = builder.at_version(version);
            }
            let scan = builder.build(&*engine).unwrap().scan_builder().build().unwrap();
            let batches = scan.execute(engine).unwrap().map(|batch| {
                let batch = batch.unwrap().into_any().downcast::<ArrowEngineData>().unwrap();
                RecordBatch::from(*batch)
            });
            let mut days = BTreeMap::<NaiveDate, Vec<RecordBatch>>::new();
            for batch in batches {
                let dates = batch["date"].as_primitive::<Date32Type>();
                assert!((1..dates.len()).all(|row| dates.value(row) == dates.value(0)));
                days.entry(dates.value_as_date(0).unwrap()).or_default().push(batch);
            }
            let concat = |batches: Vec<RecordBatch>| concat_batches(&batches[0].schema(), &batches).unwrap();
            days.into_iter().map(|(date, batches)| (date, concat(batches))).collect()
        };
        tokio::task::spawn_blocking(read).await.unwrap()
    }

    /// Compares all values of the newest version with the lake.
    pub(crate) async fn assert_table_equals_lake(&self) {
        let table = self.read(None).await;
        let days = self.lake.days().await.unwrap();
        assert_eq!(
            table.keys().copied().collect::<Vec<_>>(),
            days.iter().map(|d| d.date).collect::<Vec<_>>()
        );
        for (date, read) in table {
            let calls = self.lake.read_day(date).await.unwrap().calls;
            assert_eq!(read.num_columns(), calls.num_columns() + 1);
            for field in calls.schema().fields() {
                let read = &read[field.name().as_str()];
                let expected = cast(&calls[field.name().as_str()], read.data_type()).unwrap();
                assert_eq!(read, &expected, "{date}, {}", field.name());
            }
        }
    }

    /// Place of a file of the log of a lake in a folder.
    pub(crate) fn log_file(&self, name: &str) -> PathBuf {
        self.folder.as_ref().unwrap().path().join("published/delta/voice_calls/_delta_log").join(name)
    }
}

/// Name of the commit of a version.
pub(crate) fn commit_name(version: u64) -> String {
    format!("{version:020}.json")
}
