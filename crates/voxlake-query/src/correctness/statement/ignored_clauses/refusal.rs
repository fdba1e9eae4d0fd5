//! Refusals of clauses.

use datafusion::common::plan_err;
use datafusion::error::Result;

pub(super) fn refuse<T>(clause: &str, instead: &str) -> Result<T> {
    plan_err!("{clause} is not supported: {instead}")
}
