//! Permissions of new files.

use crate::error::{ConfigError, invalid};

/// Permissions of new files by default: only for their owner.
pub(crate) const DEFAULT_FILE_MODE: &str = "0600";

/// Parses file permissions from octal digits, such as `0640`.
///
/// # Errors
/// [`ConfigError::Invalid`] for invalid permissions, or ones that exclude the owner.
pub(crate) fn file_mode(text: &str) -> Result<u32, ConfigError> {
    let mode = u32::from_str_radix(text.trim(), 8).ok();
    mode.filter(|mode| mode & !0o666 == 0 && mode & 0o600 == 0o600).ok_or_else(|| {
        invalid(format!(
            "file_mode {text:?} is not a file permission: write 0600 (owner), 0640 (and group) or 0644 (and all)"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_include_the_owner() {
        for (text, mode) in [("0600", 0o600), ("640", 0o640), ("0644", 0o644), ("0666", 0o666)] {
            assert_eq!(file_mode(text).ok(), Some(mode), "{text}");
        }
        for text in ["", "0400", "0755", "0888", "rw", "10600", "-1"] {
            assert!(file_mode(text).is_err(), "{text}");
        }
    }
}
