//! IN, EXISTS, ANY, ALL and scalar subqueries under three-valued logic.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, ExprSchema, ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Exists, InSubquery, SetComparison, SetQuantifier};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, Operator, Subquery, lit, when,
};

use super::nullable;
use super::shape::{self, RowCount, RowUse};
use super::unique_names;

/// Truth value of an expression that decides its condition; the other values are interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecidingValue {
    /// Only true decides: in WHERE, below an even number of NOT.
    True,
    /// Only false decides: below an odd number of NOT.
    False,
    /// True, false and null are all different.
    Value,
}

impl DecidingValue {
    pub(super) fn negated(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Value => Self::Value,
        }
    }
}

/// Corrects `x [NOT] IN (subquery)`.
pub(super) fn correct(
    membership: InSubquery,
    matters: DecidingValue,
    top: bool,
    schema: &DFSchema,
) -> Result<Expr> {
    let InSubquery { expr, subquery, negated } = membership;
    let needle = value(*expr, schema)?;
    let subquery = prepare(subquery)?;
    let correlated = is_correlated(&subquery);
    if correlated {
        if let Some(compared) = compared_with_row(&needle, Operator::Eq, &subquery, lit(false))? {
            return Ok(if negated { Expr::Not(Box::new(compared)) } else { compared });
        }
        shape::check_shape(&subquery.subquery, RowUse::Membership)?;
    }
    let set = Set::new(needle, subquery, schema)?;
    let decides_by_true = match matters {
        DecidingValue::True => !negated,
        DecidingValue::False => negated,
        DecidingValue::Value => {
            let value = set.value()?;
            return Ok(if negated { Expr::Not(Box::new(value)) } else { value });
        }
    };
    // DataFusion's null-aware anti join is exact for one column, and is a hash join.
    let anti_join = top && negated && !correlated && set.needle.any_column_refs();
    if decides_by_true || anti_join || (!correlated && !set.has_nulls) {
        return Ok(set.membership(negated));
    }
    let contains = set.contains_or_unknown()?;
    Ok(if negated { Expr::Not(Box::new(contains)) } else { contains })
}

/// Searched value and the subquery that is searched.
struct Set<'a> {
    needle: Expr,
    subquery: Subquery,
    schema: &'a DFSchema,
    /// True if the value or the subquery's column can be NULL.
    has_nulls: bool,
}

impl<'a> Set<'a> {
    fn new(needle: Expr, subquery: Subquery, schema: &'a DFSchema) -> Result<Self> {
        let has_nulls = needle.nullable(schema)? || subquery.subquery.schema().field(0).is_nullable();
        Ok(Self { needle, subquery, schema, has_nulls })
    }

    fn membership(self, negated: bool) -> Expr {
        Expr::InSubquery(InSubquery::new(Box::new(self.needle), self.subquery, negated))
    }

    /// Builds an expression that is true if a row equals the value or the comparison is NULL.
    fn contains_or_unknown(&self) -> Result<Expr> {
        if is_correlated(&self.subquery) || !self.needle.any_column_refs() {
            let equal = self.equal()?;
            return self.exists(if self.has_nulls { Expr::IsNotFalse(Box::new(equal)) } else { equal });
        }
        Ok(self.exists(self.equal()?)?.or(self.unknown()?))
    }

    /// Builds the three-valued result of IN.
    fn value(&self) -> Result<Expr> {
        let contains = self.exists(self.equal()?)?;
        if !self.has_nulls {
            return Ok(contains);
        }
        let null = Expr::Literal(ScalarValue::Boolean(None), None);
        when(contains, lit(true)).when(self.unknown()?, null).otherwise(lit(false))
    }

    /// Builds an expression that is true if the comparison with any row is NULL.
    fn unknown(&self) -> Result<Expr> {
        if is_correlated(&self.subquery) || !self.needle.any_column_refs() {
            return self.exists(Expr::IsNull(Box::new(self.equal()?)));
        }
        // Neither part depends on the outer row, so only the equality needs a join by rows.
        let null_in_set = self.exists_one(Some(Expr::IsNull(Box::new(self.member()))))?;
        let any_row = self.exists_one(None)?;
        Ok(null_in_set.or(Expr::IsNull(Box::new(self.needle.clone())).and(any_row)))
    }

    /// Returns the column of the subquery.
    fn member(&self) -> Expr {
        Expr::Column(Column::from(self.subquery.subquery.schema().qualified_field(0)))
    }

    fn equal(&self) -> Result<Expr> {
        Ok(self.member().eq(outer(self.needle.clone(), self.schema)?))
    }

    /// Builds EXISTS over the subquery's rows for which `condition` is true.
    fn exists(&self, condition: Expr) -> Result<Expr> {
        let plan =
            LogicalPlanBuilder::from(Arc::clone(&self.subquery.subquery)).filter(condition)?.build()?;
        Ok(exists(&self.subquery, plan))
    }

    /// Builds EXISTS over an uncorrelated subquery, limited to one row.
    fn exists_one(&self, condition: Option<Expr>) -> Result<Expr> {
        let plan = LogicalPlanBuilder::from(Arc::clone(&self.subquery.subquery));
        let plan = match condition {
            Some(condition) => plan.filter(condition)?,
            None => plan,
        };
        Ok(exists(&self.subquery, plan.limit(0, Some(1))?.build()?))
    }
}

fn exists(origin: &Subquery, plan: LogicalPlan) -> Expr {
    Expr::Exists(Exists { subquery: with_plan(origin, plan), negated: false })
}

fn with_plan(origin: &Subquery, plan: LogicalPlan) -> Subquery {
    let outer_ref_columns = plan.all_out_ref_exprs();
    Subquery { subquery: Arc::new(plan), outer_ref_columns, spans: origin.spans.clone() }
}

pub(super) fn is_correlated(subquery: &Subquery) -> bool {
    !subquery.outer_ref_columns.is_empty()
}

/// Prepares a correlated subquery for DataFusion's conversion into a join: removes sorts without
/// effect and gives compared columns unique names.
pub(super) fn prepare(subquery: Subquery) -> Result<Subquery> {
    if !is_correlated(&subquery) {
        return Ok(subquery);
    }
    let plan = shape::without_order(Arc::unwrap_or_clone(Arc::clone(&subquery.subquery)))?;
    Ok(with_plan(&subquery, unique_names::with_unique_names(plan)?))
}

/// Rewrites the columns of an outer expression as outer references.
fn outer(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let rewritten = expr.transform_up(|expr| match expr {
        Expr::Column(column) => {
            let field = Arc::clone(schema.field_from_column(&column)?);
            Ok(Transformed::yes(Expr::OuterReferenceColumn(field, column)))
        }
        Expr::ScalarSubquery(subquery) if is_correlated(&subquery) => {
            plan_err!("a correlated subquery is not supported on the left of NOT IN: compute it in FROM")
        }
        expr => Ok(Transformed::no(expr)),
    })?;
    Ok(rewritten.data)
}

/// Builds `needle op row` for a correlated subquery of one row, or `without_row` where it is empty.
/// Returns `None` for a subquery of any number of rows.
fn compared_with_row(
    needle: &Expr,
    op: Operator,
    subquery: &Subquery,
    without_row: Expr,
) -> Result<Option<Expr>> {
    let compared = |plan| -> Result<Expr> {
        let row = correct_scalar(with_plan(subquery, plan))?;
        Ok(Expr::BinaryExpr(BinaryExpr::new(Box::new(needle.clone()), op, Box::new(row))))
    };
    Ok(match shape::row_count(&subquery.subquery)? {
        RowCount::Any => None,
        RowCount::One => Some(compared(subquery.subquery.as_ref().clone())?),
        RowCount::OneIf { holds, always } => {
            let holds = correct_scalar(with_plan(subquery, holds))?;
            Some(when(holds, compared(always)?).otherwise(without_row)?)
        }
    })
}

/// Corrects `x op ANY (subquery)` and `x op ALL (subquery)`, which DataFusion turns into EXISTS.
pub(super) fn correct_comparison(comparison: SetComparison) -> Result<Expr> {
    let subquery = prepare(comparison.subquery.clone())?;
    if is_correlated(&subquery) {
        let without_row = lit(comparison.quantifier == SetQuantifier::All);
        if let Some(compared) = compared_with_row(&comparison.expr, comparison.op, &subquery, without_row)? {
            return Ok(compared);
        }
        shape::check_shape(&subquery.subquery, RowUse::Membership)?;
    }
    Ok(Expr::SetComparison(SetComparison { subquery, ..comparison }))
}

/// Corrects `[NOT] EXISTS (subquery)`.
pub(super) fn correct_exists(existence: Exists) -> Result<Expr> {
    let Exists { subquery, negated } = existence;
    if !is_correlated(&subquery) {
        return Ok(Expr::Exists(Exists { subquery, negated }));
    }
    let Some(plan) = shape::without_limit(&subquery.subquery)? else { return Ok(lit(negated)) };
    let subquery = prepare(with_plan(&subquery, plan))?;
    let exists = match shape::row_count(&subquery.subquery)? {
        RowCount::One => return Ok(lit(!negated)),
        RowCount::OneIf { holds, .. } => Expr::IsTrue(Box::new(correct_scalar(with_plan(&subquery, holds))?)),
        RowCount::Any => {
            shape::check_shape(&subquery.subquery, RowUse::Membership)?;
            return Ok(Expr::Exists(Exists { subquery, negated }));
        }
    };
    Ok(if negated { Expr::Not(Box::new(exists)) } else { exists })
}

/// Corrects a scalar subquery.
pub(super) fn correct_scalar(subquery: Subquery) -> Result<Expr> {
    let subquery = prepare(subquery)?;
    if is_correlated(&subquery) {
        match shape::row_count(&subquery.subquery)? {
            RowCount::One => return correct_aggregate(subquery),
            RowCount::OneIf { holds, always } => {
                let holds = correct_aggregate(with_plan(&subquery, holds))?;
                let row = correct_aggregate(with_plan(&subquery, always))?;
                return when(holds, row).end();
            }
            RowCount::Any => shape::check_shape(&subquery.subquery, RowUse::Scalar)?,
        }
    }
    if shape::has_one_row(&subquery.subquery) {
        return Ok(Expr::ScalarSubquery(subquery));
    }
    let plan = nullable::nullable_column(subquery.subquery.as_ref().clone())?;
    Ok(Expr::ScalarSubquery(with_plan(&subquery, plan)))
}

/// Corrects a correlated aggregate without GROUP BY. DataFusion joins its groups with the outer
/// rows. It gets the value for outer rows without a group right only if a single projection
/// computes it from the aggregate.
fn correct_aggregate(subquery: Subquery) -> Result<Expr> {
    shape::check_shape(&subquery.subquery, RowUse::Scalar)?;
    let Some((value, aggregate)) = shape::value_of_aggregate(&subquery.subquery)? else {
        return Ok(Expr::ScalarSubquery(subquery));
    };
    if !value.any_column_refs() && !value.contains_outer() {
        return Ok(value);
    }
    let column = Column::from(subquery.subquery.schema().qualified_field(0));
    let needed = value.column_refs().into_iter().min().cloned();
    let value = match needed {
        // DataFusion drops outer rows without a group if the value is a constant.
        Some(needed) if !matches!(value, Expr::Column(_)) => {
            nullable::with_dependency(value, Expr::Column(needed))
        }
        _ => value,
    };
    let value = value.alias_qualified(column.relation, column.name);
    let plan = LogicalPlanBuilder::from(aggregate.clone()).project([value])?.build()?;
    Ok(Expr::ScalarSubquery(with_plan(&subquery, plan)))
}

/// Corrects the subqueries of an expression whose value matters.
pub(super) fn value(expr: Expr, schema: &DFSchema) -> Result<Expr> {
    let corrected = expr.transform_up(|expr| match expr {
        Expr::InSubquery(membership) => {
            correct(membership, DecidingValue::Value, false, schema).map(Transformed::yes)
        }
        Expr::SetComparison(comparison) => correct_comparison(comparison).map(Transformed::yes),
        Expr::Exists(exists) => correct_exists(exists).map(Transformed::yes),
        Expr::ScalarSubquery(subquery) => correct_scalar(subquery).map(Transformed::yes),
        expr => Ok(Transformed::no(expr)),
    })?;
    Ok(corrected.data)
}
