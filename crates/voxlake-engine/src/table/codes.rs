//! Text read as codes: which columns of `voice_calls` can be, and the schemas that say so to the reader.
//!
//! A day's file keeps the texts of a column that repeat in a dictionary, and numbers where they stand. Read as an
//! Arrow dictionary the numbers are decoded and the texts are not copied call by call.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use voxlake_functions::dictionary::coded_text;
use voxlake_model::schema::{CHARGE, CONSUMER_NUMBER, ENGAGEMENT_ID, EXTRA};

/// A text of a call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text {
    pub column: String,
    pub part: Part,
}

/// Where in a column a text is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// It is the column.
    Whole,
    /// It is an entry of the column's list.
    Entry,
    /// It is a field of the structs in the column's list.
    Field(String),
}

/// Texts that are of one call or of few: their dictionaries would be as long as the day, or given up amid it.
const OF_FEW_CALLS: [&str; 7] = [
    ENGAGEMENT_ID,
    CONSUMER_NUMBER,
    CHARGE,
    EXTRA,
    "caller_number",
    "callee_number",
    "consumer_display_name",
];

/// Whether the texts of a column are of one call or of few.
pub(crate) fn is_of_few_calls(column: &str) -> bool {
    OF_FEW_CALLS.contains(&column)
}

/// Whether `text` of `schema` is there and repeats, so that it can be read as codes.
pub(super) fn repeats(schema: &Schema, text: &Text) -> bool {
    let Ok(column) = schema.field_with_name(&text.column) else { return false };
    let (name, of) = match (&text.part, column.data_type()) {
        (Part::Whole, of) => (&text.column, Some(of)),
        (Part::Entry, DataType::List(item)) => (&text.column, Some(item.data_type())),
        (Part::Entry, _) => (&text.column, None),
        (Part::Field(name), DataType::List(item)) => {
            (name, field_of(item, name).map(|field| field.data_type()))
        }
        (Part::Field(name), _) => (name, None),
    };
    !is_of_few_calls(name) && of.is_some_and(|of| *of == DataType::Utf8 || *of == coded_text())
}

fn field_of<'a>(item: &'a FieldRef, name: &str) -> Option<&'a FieldRef> {
    match item.data_type() {
        DataType::Struct(fields) => fields.find(name).map(|(_, field)| field),
        _ => None,
    }
}

/// `schema` with `texts` as codes.
pub(super) fn coded_schema(schema: &Schema, texts: &BTreeSet<Text>) -> SchemaRef {
    let fields = schema.fields().iter().map(|column| {
        texts.iter().filter(|text| text.column == *column.name()).fold(Arc::clone(column), |column, text| {
            let of = match &text.part {
                Part::Whole => coded_text(),
                Part::Entry => coded_entries(column.data_type()),
                Part::Field(name) => coded_list(column.data_type(), name),
            };
            Arc::new(Field::clone(&column).with_data_type(of))
        })
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), schema.metadata().clone()))
}

/// The type `list` of texts with codes in their place; any other type as it is.
fn coded_entries(list: &DataType) -> DataType {
    match list {
        DataType::List(item) => DataType::List(Arc::new(Field::clone(item).with_data_type(coded_text()))),
        other => other.clone(),
    }
}

/// The type `list` of structs with their field `name` as codes; any other type as it is.
pub(crate) fn coded_list(list: &DataType, name: &str) -> DataType {
    let DataType::List(item) = list else { return list.clone() };
    let DataType::Struct(fields) = item.data_type() else { return list.clone() };
    let fields = fields.iter().map(|field| {
        if field.name() == name {
            Arc::new(Field::clone(field).with_data_type(coded_text()))
        } else {
            Arc::clone(field)
        }
    });
    let structs = DataType::Struct(fields.collect::<Fields>());
    DataType::List(Arc::new(Field::clone(item).with_data_type(structs)))
}
