//! Day files of other versions, with missing or unknown columns, are read together.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringArray, StructArray};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Fields};
use parquet::arrow::ArrowWriter;

use crate::support::{Case, read_parquet, run};

/// Returns `list` with other fields in its structs.
fn with_fields(
    list: &ListArray,
    change: impl Fn(Vec<(Arc<Field>, ArrayRef)>) -> Vec<(Arc<Field>, ArrayRef)>,
) -> ListArray {
    let structs = list.values().as_struct();
    let fields = structs.fields().iter().cloned().zip(structs.columns().iter().cloned()).collect();
    let (fields, columns): (Vec<_>, Vec<_>) = change(fields).into_iter().unzip();
    let structs = StructArray::new(Fields::from(fields), columns, structs.nulls().cloned());
    let item = Arc::new(Field::new_list_field(structs.data_type().clone(), true));
    ListArray::new(item, list.offsets().clone(), Arc::new(structs), list.nulls().cloned())
}

/// Returns calls as an earlier version wrote them: no `sub_types`, `cc_queue_id` or `team_names`.
fn older(batch: &RecordBatch) -> RecordBatch {
    rebuilt(batch, |name, column| match name {
        "sub_types" => None,
        "queues" | "agents" => Some(Arc::new(with_fields(column.as_list(), |mut fields| {
            fields.retain(|(field, _)| !["cc_queue_id", "team_names"].contains(&field.name().as_str()));
            fields
        }))),
        _ => Some(Arc::clone(column)),
    })
}

/// Returns calls as a later version might write them: with `sentiment`, and `wait_seconds` as the
/// first field of each queue.
fn newer(batch: &RecordBatch) -> RecordBatch {
    let batch = rebuilt(batch, |name, column| match name {
        "queues" => Some(Arc::new(with_fields(column.as_list(), |mut fields| {
            let wait: StringArray = (0..fields[0].1.len()).map(|_| Some("12")).collect();
            fields.insert(
                0,
                (Arc::new(Field::new("wait_seconds", wait.data_type().clone(), true)), Arc::new(wait)),
            );
            fields
        }))),
        _ => Some(Arc::clone(column)),
    });
    let sentiment: StringArray = (0..batch.num_rows()).map(|_| Some("calm")).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![("sentiment".to_owned(), Arc::new(sentiment))];
    columns.extend(
        batch.schema().fields().iter().map(|f| f.name().clone()).zip(batch.columns().iter().cloned()),
    );
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .unwrap()
}

fn rebuilt(batch: &RecordBatch, change: impl Fn(&str, &ArrayRef) -> Option<ArrayRef>) -> RecordBatch {
    let columns = batch
        .schema()
        .fields()
        .iter()
        .zip(batch.columns())
        .filter_map(|(field, column)| Some((field.name().clone(), change(field.name(), column)?, true)))
        .collect::<Vec<_>>();
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn rewrite(file: &Path, change: impl Fn(&RecordBatch) -> RecordBatch) {
    let batches = read_parquet(file);
    let whole = concat_batches(&batches[0].schema(), &batches).unwrap();
    let changed = change(&whole);
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(file).unwrap(), changed.schema(), None).unwrap();
    writer.write(&changed).unwrap();
    writer.close().unwrap();
}

/// Files with fewer and with more columns answer a query in either order.
#[tokio::test(flavor = "multi_thread")]
async fn files_of_other_schemas_are_read_together() {
    let case = Case::new().await;
    run(&mut case.sync(&[])).await.ok();
    let file = |day: &str| case.lake().join(format!("voice_calls/date={day}/calls.parquet"));
    let originals = [std::fs::read(file("2025-03-03")).unwrap(), std::fs::read(file("2025-03-04")).unwrap()];
    let questions = [
        "SELECT date, count(*) AS n, count(sub_types) > 0 AS has_sub_types FROM voice_calls GROUP BY date ORDER BY date",
        "SELECT queue_name, count(*) AS n FROM queue_calls GROUP BY queue_name ORDER BY queue_name",
        "SELECT count(*) AS n FROM (SELECT date, unnest(queues) AS q FROM voice_calls) WHERE q['cc_queue_id'] IS NULL AND date > '2000-01-01'",
        "SELECT count(*) AS n FROM voice_calls WHERE array_length(sub_types) > 0 OR result = 'completed'",
    ];
    let ask = async |sql: &str| run(&mut case.voxlake(["query", "-c", sql, "--format", "csv"])).await.ok();
    let before = ask(questions[1]).await;
    for (old, new) in [("2025-03-03", "2025-03-04"), ("2025-03-04", "2025-03-03")] {
        std::fs::write(file("2025-03-03"), &originals[0]).unwrap();
        std::fs::write(file("2025-03-04"), &originals[1]).unwrap();
        rewrite(&file(old), older);
        rewrite(&file(new), newer);
        let days = ask(questions[0]).await;
        let line = |day: &str| days.lines().find(|line| line.starts_with(day)).unwrap().to_owned();
        assert!(line(old).ends_with("false") && line(new).ends_with("true"), "{days}");
        // Queues keep their names; those of the old file lack only the newer id.
        assert_eq!(ask(questions[1]).await, before);
        assert_ne!(ask(questions[2]).await, "n\n0\n");
        assert_ne!(ask(questions[3]).await, "n\n0\n");
        for name in ["abandonment_rate", "duration_percentiles", "queue_charges"] {
            run(&mut case.voxlake(["query", name])).await.ok();
        }
    }
}
