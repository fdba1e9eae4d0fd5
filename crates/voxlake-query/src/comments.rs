//! Comments on tables and columns, shown by `DESCRIBE` and in `information_schema`.
//!
//! Those of a view come from the comment at the top of its file:
//!
//! ```text
//! -- agent_calls: one row for each call and distinct agent that it names.
//! --
//! --   agent_ordinal  place of the agent among the call's agent_count agents,
//! --                  from 1
//! SELECT …
//! ```
//!
//! A column that a view passes on needs no comment there: it keeps the `description` and `unit` of
//! its field, as those of `voice_calls`.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::error::Result;
use voxlake_model::schema::{DESCRIPTION, UNIT};

/// Spaces before a column name in a header; continuation lines have more.
const COLUMN_INDENT: usize = 3;

/// Comment at the top of a view's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Meaning of a row.
    pub(crate) table: String,
    /// Meanings of columns by name.
    pub(crate) columns: BTreeMap<String, String>,
}

impl Header {
    /// Parses the comment at the top of `sql`, the file of the view `name`.
    pub(crate) fn read(name: &str, sql: &str) -> Self {
        let (mut table, mut columns) = (String::new(), Vec::<(&str, String)>::new());
        for line in sql.lines().map_while(|line| line.strip_prefix("--")) {
            let text = line.trim();
            let indent = line.len() - line.trim_start().len();
            match columns.last_mut() {
                _ if text.is_empty() => {}
                _ if indent == COLUMN_INDENT => {
                    let (column, meaning) = text.split_once(' ').unwrap_or((text, ""));
                    columns.push((column, meaning.trim().to_owned()));
                }
                Some((_, meaning)) if indent > COLUMN_INDENT => append(meaning, text),
                _ => append(&mut table, text),
            }
        }
        let prefix = format!("{name}: ");
        let table = table.strip_prefix(&prefix).map(str::to_owned).unwrap_or(table);
        Self { table, columns: columns.into_iter().map(|(name, text)| (name.to_owned(), text)).collect() }
    }
}

fn append(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

/// Comments on the tables of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comments {
    tables: BTreeMap<String, TableComments>,
}

#[derive(Clone, Debug)]
struct TableComments {
    schema: SchemaRef,
    header: Header,
}

impl TableComments {
    fn column(&self, field: &Field) -> Option<String> {
        self.header.columns.get(field.name()).cloned().or_else(|| of_field(field))
    }
}

impl Comments {
    /// Adds the comments of the table `name`.
    pub(crate) fn add(&mut self, name: &str, schema: SchemaRef, header: Header) {
        self.tables.insert(name.to_owned(), TableComments { schema, header });
    }

    /// Returns the comments on the columns of `schema`: those of the table `name` if it has this
    /// schema, otherwise those of the fields.
    pub(crate) fn columns(&self, name: &str, schema: &SchemaRef) -> Vec<Option<String>> {
        let table = self.tables.get(name).filter(|table| table.schema == *schema);
        let comment = |field: &Arc<Field>| table.map_or_else(|| of_field(field), |table| table.column(field));
        schema.fields().iter().map(comment).collect()
    }

    /// Meaning of a row of the table `name`.
    pub(crate) fn table(&self, name: &str) -> Option<&str> {
        self.tables.get(name).map(|table| table.header.table.as_str())
    }

    /// Comments on tables, as columns `table_name` and `table_comment`.
    pub(crate) fn of_tables(&self) -> Result<RecordBatch> {
        let names: StringArray = self.tables.keys().map(Some).collect();
        let comments: StringArray = self.tables.values().map(|table| Some(&table.header.table)).collect();
        let columns = [("table_name", Arc::new(names) as ArrayRef), ("table_comment", Arc::new(comments))];
        Ok(RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))?)
    }

    /// Comments on columns, as columns `table_name`, `column_name` and `column_comment`.
    pub(crate) fn of_columns(&self) -> Result<RecordBatch> {
        let all = self.tables.iter().flat_map(|(name, table)| {
            table.schema.fields().iter().map(move |field| (name, field.name(), table.column(field)))
        });
        let (mut tables, mut names, mut comments) = (Vec::new(), Vec::new(), Vec::new());
        for (table, name, comment) in all {
            tables.push(table.as_str());
            names.push(name.as_str());
            comments.push(comment);
        }
        let columns = [
            ("table_name", Arc::new(StringArray::from(tables)) as ArrayRef),
            ("column_name", Arc::new(StringArray::from(names))),
            ("column_comment", Arc::new(StringArray::from(comments))),
        ];
        Ok(RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))?)
    }
}

/// Description of a field, with its unit in parentheses.
fn of_field(field: &Field) -> Option<String> {
    let description = field.metadata().get(DESCRIPTION)?;
    Some(match field.metadata().get(UNIT) {
        Some(unit) => format!("{description} ({unit})"),
        None => description.clone(),
    })
}

#[cfg(test)]
mod tests;
