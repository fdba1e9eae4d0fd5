//! Result of `DESCRIBE`: the columns of a table with types and comments.
//!
//! DataFusion's own prints nested types in full: those of a call's legs fill a page.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Fields, SchemaRef};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::error::Result;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};

/// Fields of a nested type to name; the others are counted.
const FIELDS_TO_NAME: usize = 3;

/// Plan whose rows are the columns of `schema`: `column_name`, `data_type`, `is_nullable` (`YES` or
/// `NO`) and `comment`.
pub(crate) fn plan(schema: &SchemaRef, comments: Vec<Option<String>>) -> Result<LogicalPlan> {
    let fields = schema.fields();
    let texts = |texts: Vec<String>| Arc::new(StringArray::from(texts)) as ArrayRef;
    let nullable = |nullable: bool| if nullable { "YES" } else { "NO" }.to_owned();
    let columns = [
        ("column_name", texts(fields.iter().map(|field| field.name().clone()).collect()), false),
        ("data_type", texts(fields.iter().map(|field| describe_type(field.data_type())).collect()), false),
        ("is_nullable", texts(fields.iter().map(|field| nullable(field.is_nullable())).collect()), false),
        ("comment", Arc::new(StringArray::from(comments)), true),
    ];
    let rows = RecordBatch::try_from_iter_with_nullable(columns)?;
    let table = MemTable::try_new(rows.schema(), vec![vec![rows]])?;
    LogicalPlanBuilder::scan("description", provider_as_source(Arc::new(table)), None)?.build()
}

/// Returns the short name of a type as `DESCRIBE` shows it, such as `text` or `timestamp`.
#[must_use]
pub fn describe_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        kind if kind.is_integer() => "integer".to_owned(),
        kind if kind.is_floating() => "number".to_owned(),
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => format!("decimal({digits},{scale})"),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(_, Some(zone)) => format!("timestamp ({zone})"),
        DataType::List(item) | DataType::LargeList(item) => {
            format!("list of {}", describe_type(item.data_type()))
        }
        DataType::Struct(fields) => record(fields),
        other => other.to_string(),
    }
}

/// `(queue_id, queue_name, cc_queue_id)`, `(user_id, display_name, user_email and 7 more)`
fn record(fields: &Fields) -> String {
    let named = fields.iter().take(FIELDS_TO_NAME).map(|field| field.name().as_str()).collect::<Vec<_>>();
    let more = fields.len() - named.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("({}{more})", named.join(", "))
}
