//! File permissions and core dumps, so that other users of the machine cannot read the data.

use crate::exit::UsageError;

/// Permissions of new files by default: only for their owner.
pub(crate) const DEFAULT_FILE_MODE: &str = "0600";

/// Parses file permissions from octal digits, such as `0640`.
///
/// # Errors
/// [`UsageError`] for invalid permissions, or ones that exclude the owner.
pub(crate) fn file_mode(text: &str) -> Result<u32, UsageError> {
    let mode = u32::from_str_radix(text.trim(), 8).ok();
    mode.filter(|mode| mode & !0o666 == 0 && mode & 0o600 == 0o600).ok_or_else(|| {
        UsageError(format!(
            "file_mode {text:?} is not a file permission: write 0600 (owner), 0640 (and group) or 0644 (and all)"
        ))
    })
}

/// Sets the permissions of new files, and the same of new folders with the right to enter them.
#[cfg(unix)]
pub(crate) fn set_file_mode(mode: u32) {
    let folders = mode | (mode & 0o444) >> 2;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o777 & !folders));
}

#[cfg(not(unix))]
pub(crate) fn set_file_mode(_mode: u32) {}

/// Disables core dumps of this process, whose memory holds secrets.
#[cfg(target_os = "linux")]
pub(crate) fn forbid_core_dumps() {
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::debug!(%error, "core dumps cannot be disabled");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn forbid_core_dumps() {}

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
