//! Options for attaching a file.

/// Options of [`Workspace::attach`](crate::Workspace::attach) for CSV files. Unset options are
/// detected.
#[derive(Clone, Debug, Default)]
pub struct AttachOptions {
    /// Delimiter. Detected: `,`, `;`, tab and `|`; always tab in a `.tsv` file.
    pub delimiter: Option<u8>,
    /// True if the first line is a header.
    pub header: Option<bool>,
    /// Column types in SQL: `code text, price decimal(18,6)`. In a file without a header they are
    /// the names and types of all columns.
    pub columns: Option<String>,
}
