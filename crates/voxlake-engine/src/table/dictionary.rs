//! Columns of `voice_calls` that can be read as dictionaries.
//!
//! A day file stores repeated texts of a column in a dictionary. Reading them as an Arrow
//! dictionary decodes only the keys and copies no text per row.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use voxlake_functions::dictionary::dictionary_text;
use voxlake_model::schema::{CHARGE, CONSUMER_NUMBER, ENGAGEMENT_ID, EXTRA};

/// Text column of `voice_calls`, or texts within a list column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StringColumn {
    pub column: String,
    pub path: StringPath,
}

/// Location of texts within a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StringPath {
    /// The column itself.
    Column,
    /// Items of the column's lists.
    ListItem,
    /// This field of the structs in the column's lists.
    StructField(String),
}

/// Columns whose texts rarely repeat. Their dictionaries would be as long as the day, or the writer
/// would abandon them within a row group.
const HIGH_CARDINALITY: [&str; 7] = [
    ENGAGEMENT_ID,
    CONSUMER_NUMBER,
    CHARGE,
    EXTRA,
    "caller_number",
    "callee_number",
    "consumer_display_name",
];

/// Returns whether the texts of a column rarely repeat.
pub(crate) fn is_high_cardinality(column: &str) -> bool {
    HIGH_CARDINALITY.contains(&column)
}

/// Returns whether `text` exists in `schema` and is stored with a dictionary.
pub(super) fn is_dictionary_encoded(schema: &Schema, text: &StringColumn) -> bool {
    let Ok(column) = schema.field_with_name(&text.column) else { return false };
    let (name, of) = match (&text.path, column.data_type()) {
        (StringPath::Column, of) => (&text.column, Some(of)),
        (StringPath::ListItem, DataType::List(item)) => (&text.column, Some(item.data_type())),
        (StringPath::ListItem, _) => (&text.column, None),
        (StringPath::StructField(name), DataType::List(item)) => {
            (name, struct_field(item, name).map(|field| field.data_type()))
        }
        (StringPath::StructField(name), _) => (name, None),
    };
    !is_high_cardinality(name) && of.is_some_and(|of| *of == DataType::Utf8 || *of == dictionary_text())
}

fn struct_field<'a>(item: &'a FieldRef, name: &str) -> Option<&'a FieldRef> {
    match item.data_type() {
        DataType::Struct(fields) => fields.find(name).map(|(_, field)| field),
        _ => None,
    }
}

/// Returns `schema` with `texts` as dictionaries.
pub(super) fn dictionary_schema(schema: &Schema, texts: &BTreeSet<StringColumn>) -> SchemaRef {
    let fields = schema.fields().iter().map(|column| {
        texts.iter().filter(|text| text.column == *column.name()).fold(Arc::clone(column), |column, text| {
            let of = match &text.path {
                StringPath::Column => dictionary_text(),
                StringPath::ListItem => dictionary_items(column.data_type()),
                StringPath::StructField(name) => dictionary_struct_field(column.data_type(), name),
            };
            Arc::new(Field::clone(&column).with_data_type(of))
        })
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), schema.metadata().clone()))
}

/// Replaces the texts of the type `list` by dictionaries. Returns other types unchanged.
fn dictionary_items(list: &DataType) -> DataType {
    match list {
        DataType::List(item) => {
            DataType::List(Arc::new(Field::clone(item).with_data_type(dictionary_text())))
        }
        other => other.clone(),
    }
}

/// Replaces the field `name` of the structs in the type `list` by a dictionary. Returns other types
/// unchanged.
pub(crate) fn dictionary_struct_field(list: &DataType, name: &str) -> DataType {
    let DataType::List(item) = list else { return list.clone() };
    let DataType::Struct(fields) = item.data_type() else { return list.clone() };
    let fields = fields.iter().map(|field| {
        if field.name() == name {
            Arc::new(Field::clone(field).with_data_type(dictionary_text()))
        } else {
            Arc::clone(field)
        }
    });
    let structs = DataType::Struct(fields.collect::<Fields>());
    DataType::List(Arc::new(Field::clone(item).with_data_type(structs)))
}
