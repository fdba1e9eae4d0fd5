//! Shared handle of a physical optimizer rule.

use std::sync::Arc;

use datafusion::physical_optimizer::PhysicalOptimizerRule;

/// A physical optimizer rule, as DataFusion's sessions hold it.
pub(super) type PhysicalRule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;
