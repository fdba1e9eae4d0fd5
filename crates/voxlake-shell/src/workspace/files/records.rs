//! Rows of a CSV file, with errors that name the line.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use csv::StringRecord;

/// Rows with equal numbers of cells. Blank lines are skipped.
pub(super) struct Records {
    reader: csv::Reader<QuoteCounter<BufReader<File>>>,
    record: StringRecord,
    /// Number of cells of the first row.
    width: Option<usize>,
}

/// A row and its first line.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) cells: &'a StringRecord,
}

impl Records {
    /// Opens a file with this delimiter.
    pub(super) fn open(file: &Path, delimiter: u8) -> Result<Self, String> {
        let file = File::open(file).map_err(|error| error.to_string())?;
        let counter = QuoteCounter { inner: BufReader::new(file), odd: false, ended: false };
        let reader = options(delimiter).from_reader(counter);
        Ok(Self { reader, record: StringRecord::new(), width: None })
    }

    /// Returns the next row; `None` at the end.
    ///
    /// # Errors
    /// The reason, with the line, for a row that is not UTF-8, has another number of cells than the
    /// first, or an open quote.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, String> {
        let more = self.reader.read_record(&mut self.record).map_err(|error| reason(&error))?;
        if !more {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let spans_lines = self.record.iter().any(|cell| cell.contains('\n'));
        // An open quote takes the rest of the file.
        let counter = self.reader.get_ref();
        if spans_lines && counter.ended && counter.odd {
            return Err(format!("line {line}: a quote opens there or below and is never closed"));
        }
        let (cells, width) = (self.record.len(), *self.width.get_or_insert(self.record.len()));
        if cells != width {
            let counted = |cells: usize| format!("{cells} cell{}", if cells == 1 { "" } else { "s" });
            return Err(format!("line {line} has {}, the first line has {width}", counted(cells)));
        }
        Ok(Some(Row { line, cells: &self.record }))
    }
}

/// Settings for reading CSV files.
pub(super) fn options(delimiter: u8) -> csv::ReaderBuilder {
    let mut options = csv::ReaderBuilder::new();
    options.delimiter(delimiter).has_headers(false).flexible(true);
    options
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} is not UTF-8 text; save the file as UTF-8")
        }
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    }
}

/// Reader that counts double quotes, modulo two, and notes the end of the input.
struct QuoteCounter<R> {
    inner: R,
    odd: bool,
    ended: bool,
}

impl<R: Read> Read for QuoteCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.ended |= count == 0 && !buffer.is_empty();
        self.odd ^= buffer[..count].iter().filter(|byte| **byte == b'"').count() % 2 == 1;
        Ok(count)
    }
}
