//! The most memory that this process had resident, as Linux notes it; elsewhere nothing is known.

use std::fs;

/// The most resident bytes since the last [`forget_peak`]; none where the system does not say.
pub(super) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Sets the peak back to what is resident now, where the system lets a process do so; else the peak stays the one
/// since the process began.
pub(super) fn forget_peak() {
    // 5 is the peak alone (proc(5), clear_refs).
    drop(fs::write("/proc/self/clear_refs", "5"));
}
