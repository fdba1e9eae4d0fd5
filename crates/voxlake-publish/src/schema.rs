//! Schema of the table, as the log of Delta tables writes it.

use std::collections::BTreeMap;
use std::fmt;

use arrow::datatypes::{DataType, Field, Fields};
use serde::{Deserialize, Serialize};
use voxlake_model::schema::{DESCRIPTION, UNIT};

use crate::PublishError;

/// Partition column: the UTC date of a call. The data files do not have it.
pub(crate) const DATE: &str = "date";
/// Metadata key of a column's comment.
const COMMENT: &str = "comment";

/// Type of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum DeltaType {
    /// Name of a type without parameters, or with them, as `decimal(18,6)`.
    Primitive(String),
    Array(Box<DeltaArray>),
    Struct(DeltaStruct),
}

/// List type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "array", rename_all = "camelCase")]
pub(crate) struct DeltaArray {
    element_type: DeltaType,
    contains_null: bool,
}

/// Struct type, which the whole schema is as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "struct")]
pub(crate) struct DeltaStruct {
    fields: Vec<DeltaField>,
}

/// Column, or field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DeltaField {
    name: String,
    #[serde(rename = "type")]
    data_type: DeltaType,
    nullable: bool,
    metadata: BTreeMap<String, serde_json::Value>,
}

impl DeltaStruct {
    /// Converts the columns of day files, and adds the partition column.
    ///
    /// # Errors
    /// [`PublishError::UnsupportedType`] for a type that Delta tables do not have.
    pub(crate) fn of_table(columns: &Fields) -> Result<Self, PublishError> {
        let mut fields = columns.iter().map(|field| delta_field(field)).collect::<Result<Vec<_>, _>>()?;
        fields.push(DeltaField {
            name: DATE.to_owned(),
            data_type: DeltaType::Primitive("date".to_owned()),
            nullable: true,
            metadata: comment("UTC date of start_time"),
        });
        Ok(Self { fields })
    }

    /// Formats the schema as in the log.
    pub(crate) fn to_json(&self) -> String {
        // Texts only: serialization cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Checks that files written for the schema `self` are files of the schema `newer` too, which
    /// may have more columns.
    ///
    /// # Errors
    /// [`PublishError::NewerSchema`] for a column that `newer` does not have,
    /// [`PublishError::ColumnType`] for one of another type.
    pub(crate) fn check_growth(&self, newer: &Self) -> Result<(), PublishError> {
        self.check_fields(newer, "")
    }

    fn check_fields(&self, newer: &Self, parent: &str) -> Result<(), PublishError> {
        for field in &self.fields {
            let column = format!("{parent}{}", field.name);
            let Some(other) = newer.fields.iter().find(|other| other.name == field.name) else {
                return Err(PublishError::NewerSchema { column });
            };
            check_types(&field.data_type, &other.data_type, &column)?;
        }
        Ok(())
    }
}

fn check_types(table: &DeltaType, lake: &DeltaType, column: &str) -> Result<(), PublishError> {
    match (table, lake) {
        (DeltaType::Struct(table), DeltaType::Struct(lake)) => {
            table.check_fields(lake, &format!("{column}."))
        }
        (DeltaType::Array(table), DeltaType::Array(lake)) => {
            check_types(&table.element_type, &lake.element_type, column)
        }
        (table, lake) if table == lake => Ok(()),
        (table, lake) => Err(PublishError::ColumnType {
            column: column.to_owned(),
            table: table.to_string(),
            lake: lake.to_string(),
        }),
    }
}

/// Converts a column. All columns of the table are nullable: a constraint would need a protocol
/// version that fewer readers support, and files of other programs may not keep it.
fn delta_field(field: &Field) -> Result<DeltaField, PublishError> {
    let text = |key: &str| field.metadata().get(key).map(String::as_str);
    let metadata = match (text(DESCRIPTION), text(UNIT)) {
        (Some(description), Some(unit)) => comment(&format!("{description} ({unit})")),
        (Some(text), None) | (None, Some(text)) => comment(text),
        (None, None) => BTreeMap::new(),
    };
    let data_type = delta_type(field)?;
    Ok(DeltaField { name: field.name().clone(), data_type, nullable: true, metadata })
}

fn comment(text: &str) -> BTreeMap<String, serde_json::Value> {
    BTreeMap::from([(COMMENT.to_owned(), text.into())])
}

fn delta_type(field: &Field) -> Result<DeltaType, PublishError> {
    let primitive = |name: &str| Ok(DeltaType::Primitive(name.to_owned()));
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => primitive("string"),
        DataType::Boolean => primitive("boolean"),
        DataType::Int32 => primitive("integer"),
        DataType::Int64 => primitive("long"),
        DataType::Float64 => primitive("double"),
        DataType::Date32 => primitive("date"),
        DataType::Timestamp(_, Some(_)) => primitive("timestamp"),
        DataType::Decimal128(precision, scale) => primitive(&format!("decimal({precision},{scale})")),
        DataType::List(element) => Ok(DeltaType::Array(Box::new(DeltaArray {
            element_type: delta_type(element)?,
            contains_null: true,
        }))),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| delta_field(field)).collect::<Result<_, _>>()?;
            Ok(DeltaType::Struct(DeltaStruct { fields }))
        }
        other => {
            Err(PublishError::UnsupportedType { column: field.name().clone(), data_type: other.to_string() })
        }
    }
}

impl fmt::Display for DeltaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primitive(name) => name,
            Self::Array(_) => "array",
            Self::Struct(_) => "struct",
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;
    use voxlake_model::schema::voice_calls;

    use super::*;

    fn table(columns: &[(&str, DataType)]) -> DeltaStruct {
        let columns = columns.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect();
        DeltaStruct::of_table(&columns).unwrap()
    }

    fn list(of: DataType) -> DataType {
        DataType::new_list(of, true)
    }

    #[test]
    fn schema_of_calls_in_json() {
        let schema = DeltaStruct::of_table(voice_calls().fields()).unwrap();
        let json = schema.to_json();
        for part in [
            r#"{"type":"struct","fields":[{"name":"engagement_id","type":"string","nullable":true,"#,
            r#"{"name":"call_legs","type":{"type":"array","elementType":"string","containsNull":true},"#,
            r#""type":"timestamp","nullable":true,"metadata":{"comment":"when the engagement began (UTC, ms)"}}"#,
            r#"{"name":"charge_amount","type":"decimal(18,6)","#,
            r#"{"name":"queue","type":{"type":"struct","fields":[{"name":"cc_queue_id","#,
            r#"{"name":"date","type":"date","nullable":true,"metadata":{"comment":"UTC date of start_time"}}]}"#,
        ] {
            assert!(json.contains(part), "{part} is not in {json}");
        }
        assert_eq!(serde_json::from_str::<DeltaStruct>(&json).unwrap(), schema);
        // The reader of the kernel agrees.
        serde_json::from_str::<delta_kernel::schema::StructType>(&json).unwrap();
    }

    #[test]
    fn schemas_grow_and_nothing_else() {
        let pair = |more: bool| {
            let one = Field::new("a", DataType::Utf8, true);
            let other = more.then(|| Field::new("b", DataType::Int64, true));
            DataType::Struct(std::iter::once(one).chain(other).collect())
        };
        let old = table(&[("id", DataType::Utf8), ("legs", list(pair(false)))]);
        let new = table(&[("id", DataType::Utf8), ("legs", list(pair(true))), ("more", DataType::Boolean)]);
        old.check_growth(&old).unwrap();
        old.check_growth(&new).unwrap();
        let error = |result: Result<(), PublishError>| result.unwrap_err().to_string();
        assert!(error(new.check_growth(&old)).contains("the column legs.b of a newer voxlake"));
        let other = table(&[("id", DataType::Int64), ("legs", list(pair(false)))]);
        assert!(error(old.check_growth(&other)).contains("id of the published table has the type string"));
        let other = table(&[("id", DataType::Utf8), ("legs", DataType::Utf8)]);
        assert!(error(old.check_growth(&other)).contains("has the type array, that of the lake string"));
    }

    #[test]
    fn types_without_a_counterpart_are_refused() {
        let local = DataType::Timestamp(TimeUnit::Millisecond, None);
        let error = DeltaStruct::of_table(&Fields::from(vec![Field::new("at", local, true)])).unwrap_err();
        assert!(matches!(error, PublishError::UnsupportedType { column, .. } if column == "at"));
    }
}
