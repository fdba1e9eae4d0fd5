//! Type alias for physical optimizer rules.

use std::sync::Arc;

use datafusion::physical_optimizer::PhysicalOptimizerRule;

/// Shared physical optimizer rule, as stored in DataFusion's sessions.
pub(super) type PhysicalRule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;
