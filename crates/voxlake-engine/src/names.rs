//! Names under which DataFusion finds a lake.

/// Synthetic URL under which DataFusion finds the lake's object store.
pub const LAKE_URL: &str = "voxlake://lake/";

/// Partition column of `voice_calls`: the UTC date of a call's start.
pub(crate) const DATE_COLUMN: &str = "date";
