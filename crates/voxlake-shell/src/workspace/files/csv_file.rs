//! CSV files as rows in memory, with types that fit all values.
//!
//! The file is read twice: to infer the types, and to convert the values. It is not kept open, so
//! that later changes of the file do not affect results.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};

use super::declared::{self, Declared};
use super::delimiter;
use super::header;
use super::kinds::{Forms, Kind};
use super::options::AttachOptions;
use super::records::Records;
use super::rows::BatchBuilder;

/// Maximum size of a CSV file, and of its rows in memory.
pub(super) const MAX_BYTES: usize = 256 << 20;
/// Remedy for a larger file.
const TOO_LARGE: &str = "convert it to Parquet, which is not read into memory";

/// Rows of a file.
#[derive(Debug)]
pub(super) struct CsvRows {
    pub(super) schema: SchemaRef,
    pub(super) batches: Vec<RecordBatch>,
    /// Decisions that the user should know about.
    pub(super) notices: Vec<String>,
}

/// Reads a file of at most `max_bytes`, which also limits its rows in memory. `usual` is the
/// delimiter of its extension.
///
/// # Errors
/// The reason, with the line if there is one.
pub(super) fn read(
    file: &Path,
    options: &AttachOptions,
    usual: u8,
    max_bytes: usize,
) -> Result<CsvRows, String> {
    let length = file.metadata().map_err(|error| error.to_string())?.len();
    if length > max_bytes as u64 {
        let most = max_bytes >> 20;
        return Err(format!("it has {} MB, and a CSV file may have {most} MB; {TOO_LARGE}", length >> 20));
    }
    let declared = options.columns.as_deref().map(declared::parse).transpose()?.unwrap_or_default();
    let detected = delimiter::detect(file)?;
    let delimiter = match options.delimiter {
        Some(b'"' | b'\n' | b'\r') => return Err("a quote or line break cannot separate cells".to_owned()),
        Some(delimiter) => delimiter,
        None if usual == b'\t' => usual,
        None => detected,
    };
    let mut layout = Layout::infer(file, delimiter, options.header, &declared)?;
    if options.delimiter.is_none() && delimiter != usual {
        layout.notices.insert(0, format!("cells are separated by {}", in_words(delimiter)));
    }
    let batches = layout.rows(file, delimiter, max_bytes)?;
    Ok(CsvRows { schema: layout.schema, batches, notices: layout.notices })
}

fn in_words(delimiter: u8) -> String {
    if delimiter == b'\t' { "tabs".to_owned() } else { format!("'{}'", char::from(delimiter)) }
}

/// Columns of a file.
struct Layout {
    schema: SchemaRef,
    kinds: Vec<Kind>,
    has_header: bool,
    notices: Vec<String>,
}

impl Layout {
    /// Infers the columns from all rows.
    fn infer(
        file: &Path,
        delimiter: u8,
        has_header: Option<bool>,
        declared: &[Declared],
    ) -> Result<Self, String> {
        let mut records = Records::open(file, delimiter)?;
        let Some(first) = records.next()? else { return Err("it is empty".to_owned()) };
        let first: Vec<String> = first.cells.iter().map(str::to_owned).collect();
        if let ([only], true) = (first.as_slice(), has_header != Some(false))
            && only.trim().is_empty()
        {
            return Err("its first line is blank".to_owned());
        }
        let mut forms = vec![Forms::default(); first.len()];
        let mut has_rows = false;
        while let Some(row) = records.next()? {
            has_rows = true;
            forms.iter_mut().zip(row.cells).for_each(|(forms, cell)| forms.add(cell));
        }
        let named =
            !declared.is_empty() && declared.iter().all(|column| find(&first, &column.name).is_some());
        let has_header = has_header.unwrap_or_else(|| named || header::detect(&first, &forms));
        if !has_header {
            forms.iter_mut().zip(&first).for_each(|(forms, cell)| forms.add(cell));
        }
        let (names, mut notices) = names(&first, has_header, declared)?;
        if has_header && !has_rows {
            notices.push("the file has a header and no rows".to_owned());
        }
        let kinds = kinds(&names, &forms, declared, delimiter != b',', &mut notices)?;
        let fields = names.iter().zip(&kinds).map(|(name, kind)| Field::new(name, kind.data_type(), true));
        Ok(Self { schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())), kinds, has_header, notices })
    }

    /// Reads all rows.
    fn rows(&self, file: &Path, delimiter: u8, max_bytes: usize) -> Result<Vec<RecordBatch>, String> {
        let mut records = Records::open(file, delimiter)?;
        if self.has_header {
            records.next()?;
        }
        let mut batches = BatchBuilder::new(Arc::clone(&self.schema), &self.kinds);
        while let Some(row) = records.next()? {
            let line = row.line;
            batches.add(row.cells.iter()).map_err(|reason| format!("line {line}: {reason}"))?;
            if batches.bytes > max_bytes {
                return Err(format!("its rows take more than {} MB of memory; {TOO_LARGE}", max_bytes >> 20));
            }
        }
        batches.finish()
    }
}

/// Index of a column in the header: an exact match, otherwise one that ignores case.
fn find(header: &[String], name: &str) -> Option<usize> {
    let place = |same: &dyn Fn(&str) -> bool| header.iter().position(|cell| same(cell.trim()));
    place(&|cell| cell == name).or_else(|| place(&|cell| cell.eq_ignore_ascii_case(name)))
}

/// Column names, and notices about them.
fn names(
    first: &[String],
    has_header: bool,
    declared: &[Declared],
) -> Result<(Vec<String>, Vec<String>), String> {
    if has_header {
        if let Some(missing) = declared.iter().find(|column| find(first, &column.name).is_none()) {
            let header = first.iter().map(|cell| cell.trim()).collect::<Vec<_>>().join(", ");
            return Err(format!("it has no column {}; its header is {header}", missing.name));
        }
        let (mut names, notices) = header::names(first);
        for column in declared {
            // In the declared case, so that the unquoted name finds it.
            if let Some(name) = find(first, &column.name).and_then(|place| names.get_mut(place)) {
                name.clone_from(&column.name);
            }
        }
        return Ok((names, notices));
    }
    match declared.len() {
        0 => {
            let names = header::numbered_names(first.len());
            let last = if names.len() > 1 { format!(" to column_{}", names.len()) } else { String::new() };
            let notice = format!("there is no header: the columns are named column_1{last}");
            Ok((names, vec![notice]))
        }
        count if count == first.len() => {
            let names = declared.iter().map(|column| column.name.clone()).collect();
            Ok((names, vec!["there is no header: the columns are named as declared".to_owned()]))
        }
        count => Err(format!("it has no header and {} columns, but {count} are declared", first.len())),
    }
}

/// Column types, declared or inferred.
fn kinds(
    names: &[String],
    forms: &[Forms],
    declared: &[Declared],
    commas: bool,
    notices: &mut Vec<String>,
) -> Result<Vec<Kind>, String> {
    let comma_file = commas && forms.iter().any(Forms::has_decimal_commas);
    let mut kinds = Vec::new();
    for (name, forms) in names.iter().zip(forms) {
        if let Some(column) = declared.iter().find(|column| column.name == *name) {
            kinds.push(column.kind.with_forms(forms).map_err(|reason| format!("{name}: {reason}"))?);
            continue;
        }
        let (kind, notice) = forms.kind(name, commas, comma_file);
        notices.extend(notice);
        if let Kind::Decimal { sign: super::values::DecimalSign::Comma, .. } = kind {
            notices.push(format!("{name} has decimal commas"));
        }
        kinds.push(kind);
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests;
