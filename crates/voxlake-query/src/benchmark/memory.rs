//! Peak of the resident memory of this process, on Linux.

use std::fs;

/// Returns the peak in bytes since the last [`reset_peak`], if the system reports it.
pub(super) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Resets the peak to the resident memory of now, if the system allows it. Otherwise the peak
/// covers the time since the start of the process.
pub(super) fn reset_peak() {
    // 5 resets the peak alone (proc(5), clear_refs).
    drop(fs::write("/proc/self/clear_refs", "5"));
}
