//! Source of the current time.

use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Source of the current time; tests substitute their own.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
