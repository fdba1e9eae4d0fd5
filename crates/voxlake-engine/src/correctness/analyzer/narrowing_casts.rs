//! Keeps lossy casts on compared columns.
//!
//! DataFusion removes the cast of a compared column and casts the literal instead:
//! `CAST(charge AS DECIMAL(18,2)) = 0.02` becomes `charge = 0.020000`, although the cast also maps
//! 0.019 to 0.02.
//!
//! ```text
//! Filter: CAST(charge_amount AS Decimal128(18, 2)) = Decimal128(0.02)
//! ```
//! becomes
//! ```text
//! Filter: optimization_barrier(CAST(charge_amount AS Decimal128(18, 2))) = Decimal128(0.02)
//! ```
//!
//! Lossless casts are still moved, so that pruning works for them.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::expr::{Cast, TryCast};
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;

use crate::correctness::barrier::barrier;
use crate::expressions::rewrite_expressions;

/// Hides lossy casts from the simplification that moves them to the literal.
#[derive(Debug)]
pub(super) struct KeepNarrowingCasts;

impl AnalyzerRule for KeepNarrowingCasts {
    fn name(&self) -> &'static str {
        "keep_narrowing_casts"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            rewrite_expressions(
                plan,
                |expr| matches!(expr, Expr::Cast(_) | Expr::TryCast(_)),
                |expr, schema| expr.transform_up(|expr| hide_lossy_cast(expr, schema)),
            )
        })?;
        Ok(rewritten.data)
    }
}

fn hide_lossy_cast(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let is_lossy = match &expr {
        Expr::Cast(Cast { expr: value, field }) => may_lose_values(value, field.data_type(), false, schema)?,
        Expr::TryCast(TryCast { expr: value, field }) => {
            may_lose_values(value, field.data_type(), true, schema)?
        }
        _ => false,
    };
    Ok(if is_lossy { Transformed::yes(barrier(expr)) } else { Transformed::no(expr) })
}

/// Returns whether a cast of `value` can merge different values, fail or return null. `to_null` is
/// true for TRY_CAST, which returns null instead of an error.
fn may_lose_values(value: &Expr, to: &DataType, to_null: bool, schema: &DFSchema) -> Result<bool> {
    if matches!(value, Expr::Literal(..)) {
        return Ok(false);
    }
    let from = value.get_type(schema)?;
    Ok(match (&from, to) {
        (DataType::Timestamp(_, from), DataType::Timestamp(_, to)) => {
            // With a zone on both sides, a cast keeps the instant and so the order.
            let both_zoned = from.is_some() && to.is_some();
            from != to && !both_zoned && !both_utc(from.as_deref(), to.as_deref())
        }
        (from, to) => match (number_range(from), number_range(to)) {
            // Casts to and from text and floats are not moved.
            (Some(from), Some(to)) => !to.holds(from) && (to_null || to != from),
            _ => false,
        },
    })
}

fn both_utc(a: Option<&str>, b: Option<&str>) -> bool {
    let is_utc = |zone: Option<&str>| zone.is_none_or(|zone| matches!(zone, "UTC" | "+00:00" | "+00" | "Z"));
    is_utc(a) && is_utc(b)
}

/// Range of an exact number type.
#[derive(Clone, Copy, PartialEq, Eq)]
struct NumberRange {
    /// Bits of an integer's magnitude; `None` for a decimal.
    bits: Option<u32>,
    signed: bool,
    /// Decimal digits before and after the point; for integers, enough to hold every value.
    integral: i32,
    fraction: i32,
}

impl NumberRange {
    /// Returns whether this type can represent every value of `other`.
    fn holds(self, other: Self) -> bool {
        if self.fraction < other.fraction || (!self.signed && other.signed) {
            return false;
        }
        match (self.bits, other.bits) {
            (Some(own), Some(other)) => own >= other,
            // A decimal with the same number of digits as the integer's bound may exceed it.
            (Some(_), None) => self.integral > other.integral,
            (None, _) => self.integral >= other.integral,
        }
    }
}

/// Returns the range of an integer or decimal type, or `None` for other types.
fn number_range(data_type: &DataType) -> Option<NumberRange> {
    let integer =
        |bits: u32, signed, integral| Some(NumberRange { bits: Some(bits), signed, integral, fraction: 0 });
    match data_type {
        DataType::Int8 => integer(7, true, 3),
        DataType::Int16 => integer(15, true, 5),
        DataType::Int32 => integer(31, true, 10),
        DataType::Int64 => integer(63, true, 19),
        DataType::UInt8 => integer(8, false, 3),
        DataType::UInt16 => integer(16, false, 5),
        DataType::UInt32 => integer(32, false, 10),
        DataType::UInt64 => integer(64, false, 20),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => Some(NumberRange {
            bits: None,
            signed: true,
            integral: i32::from(*precision) - i32::from(*scale),
            fraction: i32::from(*scale),
        }),
        _ => None,
    }
}
