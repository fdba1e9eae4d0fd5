//! Window functions that DataFusion does not reverse in order to reuse an existing sort.

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::Result;
use datafusion::logical_expr::function::{ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    LimitEffect, PartitionEvaluator, ReversedUDWF, Signature, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;

/// Wraps `function` so that DataFusion evaluates it in the order of the statement.
pub(super) fn fixed_order(function: Arc<WindowUDF>) -> WindowUDF {
    WindowUDF::from(FixedOrder { inner: function })
}

/// Returns whether `function` is one of [`fixed_order`].
pub(super) fn is_fixed_order(function: &WindowUDF) -> bool {
    function.inner().is::<FixedOrder>()
}

/// Returns the function inside one of [`fixed_order`].
pub(super) fn without_fixed_order(function: &WindowUDF) -> Option<&Arc<WindowUDF>> {
    Some(&function.inner().downcast_ref::<FixedOrder>()?.inner)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct FixedOrder {
    inner: Arc<WindowUDF>,
}

impl WindowUDFImpl for FixedOrder {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn expressions(&self, args: ExpressionArgs<'_>) -> Vec<Arc<dyn PhysicalExpr>> {
        self.inner.expressions(args)
    }

    fn partition_evaluator(&self, args: PartitionEvaluatorArgs<'_>) -> Result<Box<dyn PartitionEvaluator>> {
        self.inner.partition_evaluator_factory(args)
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.field(args)
    }

    fn reverse_expr(&self) -> ReversedUDWF {
        ReversedUDWF::NotSupported
    }

    fn limit_effect(&self, args: &[Arc<dyn PhysicalExpr>]) -> LimitEffect {
        self.inner.inner().limit_effect(args)
    }
}
