//! Expanded rows.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, StringBuilder, StructBuilder};
use arrow::datatypes::{DataType, Field};
use insta::assert_snapshot;

use super::sample;
use crate::{WriterOptions, expanded_writer};

fn written(batch: &arrow::array::RecordBatch) -> String {
    let mut out = Vec::new();
    let options = WriterOptions::default().with_width(Some(40));
    let mut writer = expanded_writer(batch.schema(), &options, &mut out);
    writer.write(batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

#[test]
fn values_are_on_lines_of_their_own() {
    assert_snapshot!(written(&sample().slice(3, 2)));
}

#[test]
fn lists_have_lines_without_nulls() {
    let fields =
        [Field::new("queue_name", DataType::Utf8, true), Field::new("queue_id", DataType::Utf8, true)];
    let mut lists = ListBuilder::new(StructBuilder::from_fields(fields.to_vec(), 2));
    for (name, id) in [("Billing", Some("q1")), ("a\u{1b}b", None)] {
        lists.values().field_builder::<StringBuilder>(0).unwrap().append_value(name);
        lists.values().field_builder::<StringBuilder>(1).unwrap().append_option(id);
        lists.values().append(true);
    }
    lists.append(true);
    lists.append(false);
    let batch =
        arrow::array::RecordBatch::try_from_iter([("queues", Arc::new(lists.finish()) as ArrayRef)]).unwrap();
    assert_snapshot!(written(&batch));
}
