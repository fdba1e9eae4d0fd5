//! Names under which DataFusion knows a lake.

/// Synthetic URL under which DataFusion finds the lake's object store.
pub const LAKE_URL: &str = "voxlake://lake/";

/// The partition column of `voice_calls`: the UTC date of a call's start.
pub(crate) const DATE: &str = "date";
