//! One result with hostile text, in every format.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow::datatypes::SchemaRef;

use super::*;

mod any_text;
mod binary;
mod expanded;
mod hostile;
mod named_result;
mod width;
mod workbook;

fn sample() -> RecordBatch {
    let names =
        ["Billing", "=1+1", "+12055550100", "+1+cmd|'x'!A1", "a\u{1b}[31mb", "say \"hi\", you\nthere"];
    let amounts = [Some(19_000), None, Some(-20_000), Some(0), Some(1), Some(999_999_999_999_999_999)];
    RecordBatch::try_from_iter([
        ("queue", Arc::new(StringArray::from_iter_values(names)) as ArrayRef),
        ("calls", Arc::new(Int64Array::from_iter_values(-1..5))),
        ("charge", Arc::new(Decimal128Array::from_iter(amounts).with_precision_and_scale(18, 6).unwrap())),
        (
            "start",
            Arc::new(
                TimestampMillisecondArray::from_iter_values((0..6).map(|s| s * 1000)).with_timezone("UTC"),
            ),
        ),
    ])
    .unwrap()
}

fn written(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(bytes(format, &sample().schema(), &WriterOptions::default(), batches)).unwrap()
}

fn bytes(format: Format, schema: &SchemaRef, options: &WriterOptions, batches: &[RecordBatch]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = result_writer(format, Arc::clone(schema), options, &mut out).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.finish().unwrap();
    drop(writer);
    out
}

#[test]
fn table_aligns_numbers_and_escapes_controls() {
    insta::assert_snapshot!(written(Format::Table, &[sample()]), @r#"
     queue                 calls               charge  start
    ────────────────────────────────────────────────────────────────────────
     Billing                  -1             0.019000  1970-01-01T00:00:00Z
     =1+1                      0                 NULL  1970-01-01T00:00:01Z
     +12055550100              1            -0.020000  1970-01-01T00:00:02Z
     +1+cmd|'x'!A1             2             0.000000  1970-01-01T00:00:03Z
     a\u{1b}[31mb              3             0.000001  1970-01-01T00:00:04Z
     say "hi", you\nthere      4  999999999999.999999  1970-01-01T00:00:05Z
    "#);
}

#[test]
fn csv_quotes_text_and_neutralizes_formulas() {
    let csv = written(Format::Csv, &[sample()]).replace('\u{1b}', "<ESC>");
    insta::assert_snapshot!(csv, @r#"
    queue,calls,charge,start
    Billing,-1,0.019000,1970-01-01T00:00:00Z
    '=1+1,0,,1970-01-01T00:00:01Z
    +12055550100,1,-0.020000,1970-01-01T00:00:02Z
    '+1+cmd|'x'!A1,2,0.000000,1970-01-01T00:00:03Z
    a<ESC>[31mb,3,0.000001,1970-01-01T00:00:04Z
    "say ""hi"", you
    there",4,999999999999.999999,1970-01-01T00:00:05Z
    "#);
}

#[test]
fn json_keeps_nulls_and_every_digit() {
    insta::assert_snapshot!(written(Format::Ndjson, &[sample()]), @r#"
    {"queue":"Billing","calls":-1,"charge":0.019000,"start":"1970-01-01T00:00:00Z"}
    {"queue":"=1+1","calls":0,"charge":null,"start":"1970-01-01T00:00:01Z"}
    {"queue":"+12055550100","calls":1,"charge":-0.020000,"start":"1970-01-01T00:00:02Z"}
    {"queue":"+1+cmd|'x'!A1","calls":2,"charge":0.000000,"start":"1970-01-01T00:00:03Z"}
    {"queue":"a\u001b[31mb","calls":3,"charge":0.000001,"start":"1970-01-01T00:00:04Z"}
    {"queue":"say \"hi\", you\nthere","calls":4,"charge":999999999999.999999,"start":"1970-01-01T00:00:05Z"}
    "#);
}

#[test]
fn several_batches_and_none_are_valid() {
    let (once, twice) = (written(Format::Csv, &[sample()]), written(Format::Csv, &[sample(), sample()]));
    assert_eq!(twice.len(), 2 * once.len() - "queue,calls,charge,start\n".len());
    assert_eq!(written(Format::Csv, &[]), "queue,calls,charge,start\n");
    assert_eq!(written(Format::Tsv, &[]), "queue\tcalls\tcharge\tstart\n");
    assert_eq!(written(Format::Json, &[]), "[]\n");
    assert_eq!(written(Format::Ndjson, &[]), "");
    assert_eq!(written(Format::Ndjson, &[sample()]).matches('\n').count(), sample().num_rows());
    assert!(written(Format::Table, &[]).contains("queue"));
    assert_eq!(
        written(Format::Markdown, &[]),
        "| queue | calls | charge | start |\n| --- | ---: | ---: | --- |\n"
    );
    assert!(written(Format::Html, &[]).ends_with("<p>0 rows</p>\n</body>\n</html>\n"));
}

/// Accepts a number of bytes, then fails with a broken pipe.
struct ClosedPipe(usize);

impl Write for ClosedPipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn broken_pipe_is_recognized_in_every_format() {
    for format in Format::ALL {
        for bytes in [0, 5, 100] {
            let written = || {
                let options = WriterOptions::default();
                let mut writer = result_writer(format, sample().schema(), &options, ClosedPipe(bytes))?;
                writer.write(&sample())?;
                writer.finish()
            };
            assert!(written().is_err_and(|error| error.is_broken_pipe()), "{format} after {bytes} bytes");
        }
    }
}
