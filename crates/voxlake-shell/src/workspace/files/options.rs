//! Options for attaching a file.

/// Options of [`Workspace::attach`](crate::Workspace::attach) for CSV files. Unset options are
/// detected.
///
/// # Example
/// ```
/// use voxlake_shell::AttachOptions;
///
/// let mut options = AttachOptions::default();
/// options.delimiter = Some(b';');
/// options.columns = Some("code text, price decimal(18,6)".to_owned());
/// assert_eq!(options.header, None);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AttachOptions {
    /// Delimiter. Detected: `,`, `;`, tab and `|`; always tab in a `.tsv` file.
    pub delimiter: Option<u8>,
    /// True if the first line is a header.
    pub header: Option<bool>,
    /// Column types in SQL: `code text, price decimal(18,6)`. In a file without a header they are
    /// the names and types of all columns.
    pub columns: Option<String>,
}
