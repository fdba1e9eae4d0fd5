use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, DictionaryArray, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Schema};
use datafusion::common::NullHandling;
use datafusion::common::UnnestOptions;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::physical_plan::unnest::{ListUnnest, UnnestExec};
use datafusion::physical_plan::{ExecutionPlan, collect};
use datafusion::prelude::{SessionConfig, SessionContext};
use proptest::prelude::*;

use super::{is_supported, with_offset_unnest};

/// List of a row: validity and number of entries, which null lists may have as well.
type List = (bool, usize);

fn lists(lists: &[List], values: impl Fn(usize) -> ArrayRef) -> ArrayRef {
    let lengths = lists.iter().map(|(_, length)| *length);
    let values = values(lengths.clone().sum());
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    let valid = NullBuffer::from_iter(lists.iter().map(|(valid, _)| *valid));
    Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths), values, Some(valid)))
}

fn numbers(count: usize) -> ArrayRef {
    Arc::new((0..count).map(|n| (n % 3 > 0).then(|| i64::try_from(n).unwrap())).collect::<Int64Array>())
}

fn structs(count: usize) -> ArrayRef {
    let names = (0..count).map(|n| ["Care", "Sales", "Night"][n % 3]);
    let names: DictionaryArray<Int32Type> = names.collect();
    let field = Arc::new(Field::new("name", names.data_type().clone(), true));
    Arc::new(StructArray::from(vec![(field, Arc::new(names) as ArrayRef)]))
}

fn plan(batches: Vec<RecordBatch>, null_handling: NullHandling) -> UnnestExec {
    let schema = batches[0].schema();
    let unnested = schema.fields().iter().map(|field| match field.data_type() {
        DataType::List(item) => Field::new(field.name(), item.data_type().clone(), true),
        _ => field.as_ref().clone(),
    });
    let unnested = Arc::new(Schema::new(unnested.collect::<Vec<_>>()));
    let lists = schema.fields().iter().enumerate();
    let lists = lists.filter(|(_, field)| matches!(field.data_type(), DataType::List(_)));
    let lists =
        lists.map(|(index_in_input_schema, _)| ListUnnest { index_in_input_schema, depth: 1 }).collect();
    let input = MemorySourceConfig::try_new_exec(&[batches], schema, None).unwrap();
    let options = UnnestOptions::new().with_null_handling(null_handling);
    UnnestExec::new(input, lists, vec![], unnested, options).unwrap()
}

/// Returns the output of a plan for a batch size of `batch_size`, and the rows of its longest
/// batch.
fn rows(plan: Arc<dyn ExecutionPlan>, batch_size: usize) -> (RecordBatch, usize) {
    let config = SessionConfig::new().with_batch_size(batch_size);
    let context = SessionContext::new_with_config(config).task_ctx();
    let schema = plan.schema();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches = runtime.block_on(collect(plan, context)).unwrap();
    let longest = batches.iter().map(RecordBatch::num_rows).max().unwrap_or(0);
    assert!(batches.iter().all(|batch| batch.num_rows() > 0));
    (concat_batches(&schema, &batches).unwrap(), longest)
}

proptest! {
    #[test]
    fn output_equals_that_of_unnest_exec(
        given in prop::collection::vec((any::<bool>(), 0_usize..5, prop::bool::weighted(0.7), 0_usize..4), 1..60),
        alike: bool,
        cut in 0_usize..60,
        batch_size in 1_usize..20,
    ) {
        let first: Vec<List> = given.iter().map(|(valid, length, ..)| (*valid, *length)).collect();
        let second: Vec<List> = given.iter().map(|(.., valid, length)| (*valid, *length)).collect();
        let second = if alike { &first } else { &second };
        let batch = RecordBatch::try_from_iter([
            ("names", lists(&first, structs)),
            ("id", Arc::new((0..first.len()).map(|n| Some(n.to_string())).collect::<StringArray>()) as ArrayRef),
            ("numbers", lists(second, numbers)),
        ])
        .unwrap();
        let cut = cut % first.len();
        let batches = vec![batch.slice(0, cut), batch.slice(cut, first.len() - cut)];
        let inner = plan(batches, NullHandling::Drop);
        let (expected, _) = rows(Arc::new(inner.clone()), 8192);
        let plain = with_offset_unnest(Arc::new(inner)).unwrap();
        prop_assert_eq!(plain.name(), "OffsetUnnestExec");
        let (unnested, longest) = rows(plain, batch_size);
        prop_assert_eq!(unnested, expected);
        prop_assert!(longest <= 2 * batch_size);
    }
}

#[test]
fn preserved_nulls_are_not_supported() {
    let batch = RecordBatch::try_from_iter([("n", lists(&[(true, 1), (false, 0)], numbers))]).unwrap();
    assert!(is_supported(&plan(vec![batch.clone()], NullHandling::Drop)));
    assert!(!is_supported(&plan(vec![batch], NullHandling::Preserve)));
}
