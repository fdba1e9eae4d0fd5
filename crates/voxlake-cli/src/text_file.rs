//! Files of text that a user names: SQL, reports, settings.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::exit::UsageError;

/// Largest text. A statement of this length plans for minutes.
const MAX_BYTES: u64 = 16 << 20;

/// Reads a file of text.
pub(crate) fn read(path: &Path) -> Result<String, UsageError> {
    let read = File::open(path).and_then(read_from);
    read.map_err(|error| UsageError(format!("cannot read {}: {error}", path.display())))
}

/// Reads text to its end, which has to come within [`MAX_BYTES`].
pub(crate) fn read_from(text: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    text.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {} MiB", MAX_BYTES >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_an_end_is_an_error() {
        assert_eq!(read_from(&b"SELECT 1"[..]).unwrap(), "SELECT 1");
        assert!(read_from(io::repeat(b' ')).unwrap_err().to_string().contains("more than 16 MiB"));
        assert!(read_from(&b"\xff"[..]).unwrap_err().to_string().contains("UTF-8"));
    }
}
