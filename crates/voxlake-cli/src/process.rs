//! File permissions and core dumps, so that other users of the machine cannot read the data.

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
