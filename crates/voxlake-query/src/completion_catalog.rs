//! Names that a statement can use: tables, columns and functions, for completion and suggestions.

/// Names that a statement can use. A snapshot: tables created later are missing.
#[derive(Clone, Debug, Default)]
pub struct CompletionCatalog {
    /// Tables and views by name.
    pub tables: Vec<CatalogTable>,
    /// Names of scalar, aggregate, window and table functions.
    pub functions: Vec<String>,
}

/// A table or view.
#[derive(Clone, Debug)]
pub struct CatalogTable {
    /// Name.
    pub name: String,
    /// Meaning of a row, if there is a comment.
    pub comment: Option<String>,
    /// True if a user created it.
    pub is_user_defined: bool,
    /// Columns in the order of the table.
    pub columns: Vec<CatalogColumn>,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct CatalogColumn {
    /// Name.
    pub name: String,
    /// Type, as in `DESCRIBE`.
    pub kind: String,
    /// Meaning, if there is a comment.
    pub comment: Option<String>,
}

impl CompletionCatalog {
    /// Returns the table of this name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&CatalogTable> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Names of the tables that have this column.
    pub(crate) fn with_column<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a str> {
        let has = move |table: &&CatalogTable| table.columns.iter().any(|own| own.name == column);
        self.tables.iter().filter(has).map(|table| table.name.as_str())
    }
}
