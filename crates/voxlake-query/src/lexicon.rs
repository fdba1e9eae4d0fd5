//! The words that statements can be made of: tables, columns, functions and, for columns with few of them, values.
//!
//! For whoever completes, suggests and lists. It is a picture of one moment; a table that is made later is not in it.

use std::collections::BTreeSet;

use datafusion::prelude::SessionContext;

use crate::describe::describe_type;
use crate::error::QueryError;
use crate::session::LakeSession;

/// What statements can name.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    /// Tables and views, by name.
    pub tables: Vec<Table>,
    /// Functions, aggregates, window functions and those that give tables, by name.
    pub functions: Vec<String>,
}

/// A table or view.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What a row of it is, where that is said.
    pub comment: Option<String>,
    /// Whether the user made it.
    pub own: bool,
    /// Its columns, in their order.
    pub columns: Vec<TableColumn>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its type, in words.
    pub kind: String,
    /// What it means, where that is said.
    pub comment: Option<String>,
}

impl Lexicon {
    /// The table of this name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The tables that have a column of this name.
    pub(crate) fn with_column<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a str> {
        let has = move |table: &&Table| table.columns.iter().any(|own| own.name == column);
        self.tables.iter().filter(has).map(|table| table.name.as_str())
    }
}

impl LakeSession {
    /// The words that statements can be made of.
    ///
    /// # Errors
    /// [`QueryError::Sql`] where the columns of a table cannot be listed.
    pub async fn lexicon(&self) -> Result<Lexicon, QueryError> {
        let mut tables = Vec::new();
        let ctx = self.context();
        for name in self.table_names() {
            let schema = ctx.table_provider(name.as_str()).await.map_err(QueryError::planning)?.schema();
            let comments = self.comments().columns(&name, &schema);
            let columns = schema.fields().iter().zip(comments).map(|(field, comment)| TableColumn {
                name: field.name().clone(),
                kind: describe_type(field.data_type()),
                comment,
            });
            tables.push(Table {
                comment: self.comments().table(&name).map(str::to_owned),
                own: false,
                columns: columns.collect(),
                name,
            });
        }
        Ok(Lexicon { tables, functions: functions(ctx, self) })
    }
}

fn functions(ctx: &SessionContext, session: &LakeSession) -> Vec<String> {
    let state = ctx.state();
    let mut names: BTreeSet<String> = state.scalar_functions().keys().cloned().collect();
    names.extend(state.aggregate_functions().keys().cloned());
    names.extend(state.window_functions().keys().cloned());
    names.extend(state.table_functions().keys().cloned());
    names.extend(session.summaries().all().iter().map(|summary| summary.name().to_owned()));
    names.into_iter().collect()
}
