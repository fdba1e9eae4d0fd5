//! Logical node of `lag` by hash.

use std::cmp::Ordering;
use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::{DFSchema, DFSchemaRef, Result, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

/// Appends the values of `lags` from the previous row with the same `keys`, in the order of `at`
/// and `tie`; null without such a row. The output has no particular order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HashLag {
    pub input: Arc<LogicalPlan>,
    pub lags: Vec<Expr>,
    pub keys: Vec<Expr>,
    /// First ORDER BY expression; never null.
    pub at: Expr,
    /// Second ORDER BY expression; never null. Without it, rows with equal `at` have no defined
    /// order.
    pub tie: Option<Expr>,
    /// Columns of the input, then one for each of `lags`.
    pub schema: DFSchemaRef,
}

impl PartialOrd for HashLag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for HashLag {
    fn name(&self) -> &'static str {
        "HashLag"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.lags.iter().chain(&self.keys).chain([&self.at]).chain(&self.tie).cloned().collect()
    }

    fn fmt_for_explain(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let list = |exprs: &[Expr]| exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "HashLag: lag=[{}], keys=[{}], order_by=[{}", list(&self.lags), list(&self.keys), self.at)?;
        self.tie.as_ref().map_or(Ok(()), |tie| write!(f, ", {tie}"))?;
        f.write_str("]")
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let mut exprs = exprs.into_iter();
        let lags: Vec<_> = exprs.by_ref().take(self.lags.len()).collect();
        let keys: Vec<_> = exprs.by_ref().take(self.keys.len()).collect();
        let (Some(at), Some(input)) = (exprs.next(), inputs.into_iter().next()) else {
            return plan_err!("HashLag takes one input");
        };
        let tie = exprs.next();
        // The new input's columns, then the names of the appended ones.
        let appended = self.schema.iter().skip(self.input.schema().fields().len());
        let fields = input.schema().iter().chain(appended);
        let fields = fields.map(|(table, field)| (table.cloned(), Arc::clone(field))).collect();
        let schema = DFSchema::new_with_metadata(fields, input.schema().metadata().clone())?;
        Ok(Self { input: Arc::new(input), lags, keys, at, tie, schema: Arc::new(schema) })
    }
}
