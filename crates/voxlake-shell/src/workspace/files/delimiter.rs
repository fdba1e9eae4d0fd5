//! Detection of the delimiter.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::records::options;

/// Detected delimiters, preferred ones first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Bytes of the sample at the start of a file.
const SAMPLE_BYTES: u64 = 64 << 10;
/// Rows of the sample.
const SAMPLE_ROWS: usize = 200;

/// Returns the delimiter that splits all rows of the sample into the same number of cells,
/// preferably many. If none does, the most frequent one in the first row.
///
/// # Errors
/// The reason why the file is not readable text.
pub(super) fn detect(file: &Path) -> Result<u8, String> {
    let mut sample = Vec::new();
    let file = File::open(file).map_err(|error| error.to_string())?;
    file.take(SAMPLE_BYTES).read_to_end(&mut sample).map_err(|error| error.to_string())?;
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") || sample.contains(&0) {
        return Err("it is not UTF-8 text (UTF-16?); save it as CSV in UTF-8".to_owned());
    }
    Ok(of_sample(&sample))
}

fn of_sample(sample: &[u8]) -> u8 {
    let whole = u64::try_from(sample.len()).is_ok_and(|length| length < SAMPLE_BYTES);
    let widths = |delimiter: u8| -> Vec<usize> {
        let mut reader = options(delimiter).from_reader(sample);
        let rows = reader.byte_records().map_while(Result::ok).take(SAMPLE_ROWS);
        let mut widths: Vec<usize> = rows.map(|row| row.len()).collect();
        if !whole {
            // The last row may be incomplete.
            widths.pop();
        }
        widths
    };
    let score = |delimiter: u8| {
        let widths = widths(delimiter);
        let first = widths.first().copied().unwrap_or(0);
        (first > 1 && widths.iter().all(|width| *width == first), first)
    };
    // `max_by_key` returns the last maximum.
    CANDIDATES.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_detected() {
        for (sample, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("a\tb\n\"x,y;z\"\t1\n", b'\t'),
            ("a|b|c\n1|2,5|3\n", b'|'),
            ("name\nMiller\n", b','),
            ("note\n\"a;b\"\n", b','),
            ("a,b;c\n1,2;3\n", b','),
            ("a,b,c\n1,2\n", b','),
            ("", b','),
        ] {
            assert_eq!(char::from(of_sample(sample.as_bytes())), char::from(expected), "{sample}");
        }
    }
}
