//! Permissions of the files that the process writes, and its core dumps: other users of the machine read neither.

use crate::exit::UsageError;

/// Permissions of files where nothing else is set: for their owner alone.
pub(crate) const DEFAULT_FILE_MODE: &str = "0600";

/// Reads the permissions of files from octal digits, such as `0640`.
///
/// # Errors
/// Where they are no permissions, or take them from the owner.
pub(crate) fn file_mode(text: &str) -> Result<u32, UsageError> {
    let mode = u32::from_str_radix(text.trim(), 8).ok();
    mode.filter(|mode| mode & !0o666 == 0 && mode & 0o600 == 0o600).ok_or_else(|| {
        UsageError(format!(
            "file_mode {text:?} is no permission for files: write 0600 (owner), 0640 (and group) or 0644 (and all)"
        ))
    })
}

/// Gives new files these permissions, and new folders the same with the right to enter them.
#[cfg(unix)]
pub(crate) fn set_file_mode(mode: u32) {
    let folders = mode | (mode & 0o444) >> 2;
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o777 & !folders));
}

#[cfg(not(unix))]
pub(crate) fn set_file_mode(_mode: u32) {}

/// Keeps the memory of this process, which holds secrets, out of core dumps.
#[cfg(target_os = "linux")]
pub(crate) fn forbid_core_dumps() {
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::debug!(%error, "core dumps are not switched off");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn forbid_core_dumps() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_leave_the_owner_in_and_nothing_to_execute() {
        for (text, mode) in [("0600", 0o600), ("640", 0o640), ("0644", 0o644), ("0666", 0o666)] {
            assert_eq!(file_mode(text).ok(), Some(mode), "{text}");
        }
        for text in ["", "0400", "0755", "0888", "rw", "10600", "-1"] {
            assert!(file_mode(text).is_err(), "{text}");
        }
    }
}
