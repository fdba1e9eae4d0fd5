//! Mark of sessions whose plans are sent to another process.

/// Extension of a session's configuration that keeps scans from splitting day files by rows.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct PortableScans;
