//! Text files that a user names, read with a size limit: SQL scripts, reports, settings.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Maximum size of a text file. A statement of this length takes minutes to plan.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// A text file that cannot be read.
#[derive(Debug, Error)]
#[error("cannot read {}: {source}", .path.display())]
#[non_exhaustive]
pub struct TextFileError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// Reads a UTF-8 text file of up to 16 MiB.
///
/// # Errors
/// [`TextFileError`] if the file cannot be read, is larger, or is not UTF-8.
pub fn read_text_file(path: &Path) -> Result<String, TextFileError> {
    File::open(path).and_then(read_text).map_err(|source| TextFileError { path: path.to_owned(), source })
}

/// Reads UTF-8 text of up to 16 MiB to its end.
///
/// # Errors
/// An I/O error if the input fails, is longer, or is not UTF-8.
pub fn read_text(input: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    input.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MAX_TEXT_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_or_binary_input_is_refused() {
        assert_eq!(read_text(&b"SELECT 1"[..]).unwrap(), "SELECT 1");
        assert!(read_text(io::repeat(b' ')).unwrap_err().to_string().contains("more than 16 MiB"));
        assert!(read_text(&b"\xff"[..]).unwrap_err().to_string().contains("UTF-8"));
    }
}
