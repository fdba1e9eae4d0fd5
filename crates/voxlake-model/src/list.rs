//! Arrow types of lists.
//!
//! Arrow leaves the name of a list's child open. The Parquet specification names it [`LIST_CHILD`],
//! and readers of table formats refuse other names. DataFusion names it [`ARROW_LIST_CHILD`], and
//! some of its functions fail for lists with another name.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};

/// Child name of lists in calls and day files: that of the Parquet specification.
pub const LIST_CHILD: &str = "element";
/// Child name of lists in queries, and in day files of earlier versions: the default of the `arrow`
/// crate.
pub const ARROW_LIST_CHILD: &str = Field::LIST_FIELD_DEFAULT_NAME;

/// Returns the type of lists of `values`, which may be NULL.
///
/// ```
/// use arrow::datatypes::DataType;
/// use voxlake_model::list::list_type;
///
/// assert_eq!(list_type(DataType::Utf8).to_string(), "List(Utf8, field: 'element')");
/// ```
#[must_use]
pub fn list_type(values: DataType) -> DataType {
    DataType::List(Arc::new(Field::new(LIST_CHILD, values, true)))
}

/// Returns `of` with the child of each list named `name`, also within structs and lists.
#[must_use]
pub fn rename_list_children(of: &DataType, name: &str) -> DataType {
    let renamed =
        |field: &FieldRef| Field::clone(field).with_data_type(rename_list_children(field.data_type(), name));
    match of {
        DataType::List(child) => DataType::List(Arc::new(renamed(child).with_name(name))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(renamed).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;

    fn child_names(of: &DataType, found: &mut Vec<String>) {
        match of {
            DataType::List(child) => {
                found.push(child.name().clone());
                child_names(child.data_type(), found);
            }
            DataType::Struct(fields) => {
                fields.iter().for_each(|field| child_names(field.data_type(), found));
            }
            _ => {}
        }
    }

    #[test]
    fn every_list_of_a_call_has_the_child_name() {
        let columns = DataType::Struct(schema::voice_calls().fields().clone());
        let (mut now, mut others) = (Vec::new(), Vec::new());
        child_names(&columns, &mut now);
        assert_eq!(now.len(), 15, "lists of columns, agents and legs");
        assert!(now.iter().all(|name| name == LIST_CHILD), "{now:?}");
        let renamed = rename_list_children(&columns, ARROW_LIST_CHILD);
        child_names(&renamed, &mut others);
        assert!(others.len() == now.len() && others.iter().all(|name| name == ARROW_LIST_CHILD));
        assert_eq!(rename_list_children(&renamed, LIST_CHILD), columns);
    }
}
