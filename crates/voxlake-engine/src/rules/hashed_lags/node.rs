//! What is to be found, as a plan.

use std::cmp::Ordering;
use std::fmt::{self, Formatter};
use std::sync::Arc;

use datafusion::common::{DFSchema, DFSchemaRef, Result, plan_err};
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

/// The rows of `input`, in no particular order, each with the values that `lags` have on the row before of the same
/// `keys` by `at`; null where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HashedLag {
    pub input: Arc<LogicalPlan>,
    pub lags: Vec<Expr>,
    pub keys: Vec<Expr>,
    /// Never null.
    pub at: Expr,
    /// Order of rows at one time; never null. Without it, they have none.
    pub tie: Option<Expr>,
    /// The input's columns, and one for each of `lags`.
    pub schema: DFSchemaRef,
}

impl PartialOrd for HashedLag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for HashedLag {
    fn name(&self) -> &'static str {
        "HashedLag"
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
        write!(f, "HashedLag: lag=[{}], keys=[{}], at={}", list(&self.lags), list(&self.keys), self.at)?;
        self.tie.as_ref().map_or(Ok(()), |tie| write!(f, ", tie={tie}"))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Result<Self> {
        let mut exprs = exprs.into_iter();
        let lags: Vec<_> = exprs.by_ref().take(self.lags.len()).collect();
        let keys: Vec<_> = exprs.by_ref().take(self.keys.len()).collect();
        let (Some(at), Some(input)) = (exprs.next(), inputs.into_iter().next()) else {
            return plan_err!("HashedLag is of one input");
        };
        let tie = exprs.next();
        // What comes through is the input's; what is found keeps its name.
        let found = self.schema.iter().skip(self.input.schema().fields().len());
        let fields = input.schema().iter().chain(found);
        let fields = fields.map(|(table, field)| (table.cloned(), Arc::clone(field))).collect();
        let schema = DFSchema::new_with_metadata(fields, input.schema().metadata().clone())?;
        Ok(Self { input: Arc::new(input), lags, keys, at, tie, schema: Arc::new(schema) })
    }
}
