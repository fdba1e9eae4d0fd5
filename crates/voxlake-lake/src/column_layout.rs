//! Column layouts of day files: today's, those of earlier and later versions, those of others.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{Field, Schema, SchemaRef};
use parquet::arrow::{ArrowSchemaConverter, parquet_to_arrow_schema};
use parquet::errors::ParquetError;
use parquet::schema::types::SchemaDescriptor;
use serde::{Deserialize, Serialize};
use voxlake_model::list::{ARROW_LIST_CHILD, rename_list_children};
use voxlake_model::schema;

use crate::digits::counted;
use crate::schema_evolution::unknown_field;

/// Layout of the columns of a day file, compared with
/// [`voice_calls`](voxlake_model::schema::voice_calls).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ColumnLayout {
    /// The same names, types and order.
    Current,
    /// As [`Current`](Self::Current), but the child of lists is named `item`.
    FormerLists,
    /// Columns are missing, or have another type or order. An earlier version or another program
    /// wrote the file.
    Older,
    /// The file has columns that this version does not know.
    Newer,
}

impl ColumnLayout {
    /// Returns the layout of a file with these columns.
    #[must_use]
    pub fn of(columns: &SchemaDescriptor) -> Self {
        let is = |known: Result<&SchemaDescriptor, ParquetError>| {
            known.is_ok_and(|known| known.root_schema() == columns.root_schema())
        };
        if is(parquet_schema()) {
            return Self::Current;
        }
        if is(former_parquet_schema()) {
            return Self::FormerLists;
        }
        match parquet_to_arrow_schema(columns, None) {
            Ok(found) if unknown_field(&found, &schema::voice_calls()).is_some() => Self::Newer,
            _ => Self::Older,
        }
    }

    /// Returns whether the file has exactly today's columns, apart from the names of list children.
    #[must_use]
    pub fn has_current_columns(self) -> bool {
        matches!(self, Self::Current | Self::FormerLists)
    }

    /// Returns whether an earlier version or another program wrote the file, so that a
    /// [migration](crate::Lake::migrate) rewrites it.
    #[must_use]
    pub fn is_outdated(self) -> bool {
        matches!(self, Self::FormerLists | Self::Older)
    }
}

/// Describes the number of days whose files are [outdated](ColumnLayout::is_outdated). `None` for
/// 0.
pub(crate) fn describe_outdated_days(days: usize) -> Option<String> {
    let counted = counted(days as u64, "day has", "days have");
    (days > 0).then(|| format!("{counted} an outdated column layout"))
}

/// Returns today's `columns` with the list child name of Arrow, [`ARROW_LIST_CHILD`]. `None` for
/// all other columns, including those that have this name already.
///
/// The name has no meaning in a file: a reader may replace the schema of the file by this one.
#[must_use]
pub fn with_arrow_list_names(columns: &SchemaDescriptor) -> Option<&'static SchemaDescriptor> {
    match ColumnLayout::of(columns) {
        ColumnLayout::Current => former_parquet_schema().ok(),
        _ => None,
    }
}

/// Returns the Arrow schema of a call with the list child name of Arrow, [`ARROW_LIST_CHILD`].
#[must_use]
pub fn arrow_list_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let columns = schema::voice_calls();
        let columns = columns.fields().iter().map(|column| {
            let renamed = rename_list_children(column.data_type(), ARROW_LIST_CHILD);
            Arc::new(Field::clone(column).with_data_type(renamed))
        });
        Arc::new(Schema::new(columns.collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}

/// Returns the Parquet form of the lake's schema.
pub(crate) fn parquet_schema() -> Result<&'static SchemaDescriptor, ParquetError> {
    static SCHEMA: LazyLock<Result<SchemaDescriptor, String>> =
        LazyLock::new(|| convert(&schema::voice_calls()));
    SCHEMA.as_ref().map_err(|error| ParquetError::General(error.clone()))
}

/// Returns the Parquet schema of [`ColumnLayout::FormerLists`].
fn former_parquet_schema() -> Result<&'static SchemaDescriptor, ParquetError> {
    static SCHEMA: LazyLock<Result<SchemaDescriptor, String>> =
        LazyLock::new(|| convert(&arrow_list_schema()));
    SCHEMA.as_ref().map_err(|error| ParquetError::General(error.clone()))
}

fn convert(schema: &Schema) -> Result<SchemaDescriptor, String> {
    ArrowSchemaConverter::new().convert(schema).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Fields};

    use super::*;

    fn layout_of(fields: impl IntoIterator<Item = Arc<Field>>) -> ColumnLayout {
        let schema = Schema::new(fields.into_iter().collect::<Fields>());
        ColumnLayout::of(&ArrowSchemaConverter::new().convert(&schema).unwrap())
    }

    fn columns() -> Vec<Arc<Field>> {
        schema::voice_calls().fields().to_vec()
    }

    #[test]
    fn layouts_differ_by_names_and_columns() {
        use ColumnLayout::{Current, FormerLists, Newer, Older};
        assert_eq!(layout_of(columns()), Current);
        assert_eq!(layout_of(arrow_list_schema().fields().to_vec()), FormerLists);
        assert_eq!(layout_of(columns().into_iter().skip(1)), Older);
        assert_eq!(layout_of(arrow_list_schema().fields().to_vec().into_iter().skip(1)), Older);
        assert_eq!(layout_of(columns().into_iter().rev()), Older);
        let more = Arc::new(Field::new("sentiment", DataType::Utf8, true));
        assert_eq!(layout_of(columns().into_iter().chain([more])), Newer);
        let is = |of: fn(ColumnLayout) -> bool| [Current, FormerLists, Older, Newer].map(of);
        assert_eq!(is(ColumnLayout::has_current_columns), [true, true, false, false]);
        assert_eq!(is(ColumnLayout::is_outdated), [false, true, true, false]);
    }

    /// Every list of the Parquet schema has the three levels of the specification.
    #[test]
    fn lists_are_named_as_parquet_specifies() {
        let lists = |schema: &SchemaDescriptor, child: &str| {
            let paths = schema.columns().iter().map(|leaf| leaf.path().parts().to_vec());
            let mut lists = 0;
            for path in paths {
                for (at, _) in path.iter().enumerate().filter(|(_, part)| *part == "list") {
                    assert_eq!(path.get(at + 1).map(String::as_str), Some(child), "{path:?}");
                    lists += 1;
                }
            }
            lists
        };
        let now = lists(parquet_schema().unwrap(), "element");
        assert!(now > 60, "{now} leaves are in lists");
        assert_eq!(lists(former_parquet_schema().unwrap(), "item"), now);
    }

    #[test]
    fn only_names_of_list_children_are_replaced() {
        let renamed = with_arrow_list_names(parquet_schema().unwrap()).unwrap();
        assert_eq!(renamed.root_schema(), former_parquet_schema().unwrap().root_schema());
        assert!(with_arrow_list_names(former_parquet_schema().unwrap()).is_none());
    }
}
