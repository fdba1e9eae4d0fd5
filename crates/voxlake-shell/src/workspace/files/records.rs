//! Rows of a CSV file, with errors that name the line.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use csv::StringRecord;

/// Rows of a file, all of the same number of cells. Blank lines are left out.
pub(super) struct Records {
    reader: csv::Reader<QuoteCounter<BufReader<File>>>,
    record: StringRecord,
    /// Cells of the first row.
    width: Option<usize>,
}

/// A row and the line that it begins in.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    pub(super) cells: &'a StringRecord,
}

impl Records {
    /// Opens a file whose cells are separated by `delimiter`.
    pub(super) fn open(file: &Path, delimiter: u8) -> Result<Self, String> {
        let file = File::open(file).map_err(|error| error.to_string())?;
        let counter = QuoteCounter { inner: BufReader::new(file), odd: false, ended: false };
        let reader = options(delimiter).from_reader(counter);
        Ok(Self { reader, record: StringRecord::new(), width: None })
    }

    /// Returns the next row; none after the last one.
    ///
    /// # Errors
    /// The reason, with the line, of the first row that is not UTF-8, has another number of cells than the first, or
    /// has a quote without an end.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, String> {
        let more = self.reader.read_record(&mut self.record).map_err(|error| reason(&error))?;
        if !more {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let spans_lines = self.record.iter().any(|cell| cell.contains('\n'));
        // A quote without an end takes the rest of the file.
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

/// How all CSV files are read.
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

/// A reader that tells whether the number of double quotes it has read is odd, and whether it has read all.
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
