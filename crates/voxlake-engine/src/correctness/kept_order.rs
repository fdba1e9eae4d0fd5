//! Window functions that DataFusion does not reverse, in order to take rows in another order than
//! the statement's.

use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::Result;
use datafusion::logical_expr::function::{ExpressionArgs, PartitionEvaluatorArgs, WindowUDFFieldArgs};
use datafusion::logical_expr::{
    LimitEffect, PartitionEvaluator, ReversedUDWF, Signature, WindowUDF, WindowUDFImpl,
};
use datafusion::physical_expr::PhysicalExpr;

/// `function` in the order that the statement has.
pub(super) fn kept_order(function: Arc<WindowUDF>) -> WindowUDF {
    WindowUDF::from(KeptOrder { inner: function })
}

/// Returns whether `function` is one of [`kept_order`].
pub(super) fn is_kept_order(function: &WindowUDF) -> bool {
    function.inner().is::<KeptOrder>()
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct KeptOrder {
    inner: Arc<WindowUDF>,
}

impl WindowUDFImpl for KeptOrder {
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
