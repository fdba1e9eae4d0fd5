//! Parquet and Arrow, read back.

use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::reader::StreamReader;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;

use super::{bytes, hostile};
use crate::{Format, WriterOptions};

fn write(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    bytes(format, &hostile::hostile_rows().schema(), &WriterOptions::default(), batches)
}

fn from_parquet(file: Vec<u8>) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
    let schema = Arc::clone(reader.schema());
    let batches = reader.build().unwrap().map(Result::unwrap).collect::<Vec<_>>();
    concat_batches(&schema, &batches).unwrap()
}

fn from_arrow(stream: Vec<u8>) -> RecordBatch {
    let reader = StreamReader::try_new(Cursor::new(stream), None).unwrap();
    let schema = reader.schema();
    let batches = reader.map(Result::unwrap).collect::<Vec<_>>();
    concat_batches(&schema, &batches).unwrap()
}

#[test]
fn parquet_and_arrow_round_trip() {
    let answer = hostile::hostile_rows();
    let twice = concat_batches(&answer.schema(), [&answer, &answer]).unwrap();
    let batches = [answer.clone(), answer];
    assert_eq!(from_parquet(write(Format::Parquet, &batches)), twice);
    assert_eq!(from_arrow(write(Format::Arrow, &batches)), twice);
}

#[test]
fn duplicate_names_are_rejected() {
    let column: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let fields = ["result", "result"].map(|name| Field::new(name, DataType::Int64, false));
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), vec![Arc::clone(&column), column]);
    let schema = batch.unwrap().schema();
    for format in Format::ALL {
        let refused =
            crate::result_writer(format, Arc::clone(&schema), &WriterOptions::default(), Vec::new()).err();
        let by_name = [Format::Json, Format::Ndjson, Format::Parquet, Format::Arrow].contains(&format);
        assert_eq!(refused.is_some(), by_name, "{format}");
        if let Some(refused) = refused {
            assert!(refused.to_string().contains("two columns named \"result\""), "{refused}");
        }
    }
}

#[test]
fn empty_result_keeps_its_schema() {
    let none = RecordBatch::new_empty(hostile::hostile_rows().schema());
    assert_eq!(from_parquet(write(Format::Parquet, &[])), none);
    assert_eq!(from_arrow(write(Format::Arrow, &[])), none);
}

#[test]
fn parquet_row_groups_are_compressed_and_bounded() {
    let rows = Int64Array::from_iter_values(0..300_000);
    let batch = RecordBatch::try_from_iter([("n", Arc::new(rows) as ArrayRef)]).unwrap();
    let file = bytes(Format::Parquet, &batch.schema(), &WriterOptions::default(), &[batch]);
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
    let groups = reader.metadata().row_groups();
    assert_eq!(groups.iter().map(RowGroupMetaData::num_rows).collect::<Vec<_>>(), [131_072, 131_072, 37_856]);
    assert!(matches!(groups[0].column(0).compression(), Compression::ZSTD(_)));
}
