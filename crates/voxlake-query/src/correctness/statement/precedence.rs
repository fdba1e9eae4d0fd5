//! Precedence of operators, as in PostgreSQL.
//!
//! sqlparser 0.62 binds some operators differently from every database.
//! `a IS DISTINCT FROM b AND c` becomes `a IS DISTINCT FROM (b AND c)`, `a = b IN (c)` becomes
//! `(a = b) IN (c)`, `a LIKE b = c` becomes `a LIKE (b = c)`, `||` binds as `*` and `&` tighter
//! than `|`. Parentheses stay in the tree as [`Expr::Nested`], so the operands and operators
//! between them can be put in a row again and combined by the right precedence.
//!
//! Two constructs are refused. `^` is exponentiation in PostgreSQL and DuckDB, but bitwise XOR in
//! DataFusion. `a = b = c` compares a truth value with `c`; PostgreSQL and DuckDB have no such
//! chains either.

use std::ops::ControlFlow;

use datafusion::common::plan_err;
use datafusion::error::{DataFusionError, Result};
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Query, UnaryOperator, Value, VisitorMut};

/// Gives the operators of all expressions their precedence.
#[derive(Default)]
pub(super) struct Precedence {
    /// True if each expression around the current one is an operator, the innermost last.
    operators: Vec<bool>,
}

impl VisitorMut for Precedence {
    type Break = DataFusionError;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<DataFusionError> {
        let is_operator = shape(expr).is_some();
        let within = self.operators.last().copied().unwrap_or_default();
        self.operators.push(is_operator);
        if is_operator && !within {
            return match reorder(expr) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(error),
            };
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _: &mut Expr) -> ControlFlow<DataFusionError> {
        self.operators.pop();
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<DataFusionError> {
        self.operators.push(false);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<DataFusionError> {
        self.operators.pop();
        ControlFlow::Continue(())
    }
}

/// Levels of precedence, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Lowest,
    Or,
    And,
    Not,
    Is,
    Comparison,
    /// BETWEEN, IN, LIKE and their kind.
    Pattern,
    /// Operators without a level of their own, such as `||`, `|`, `~` and `@>`.
    Other,
    Sum,
    Product,
}

/// Sides on which an operator has operands that end where another operator begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fix {
    Prefix,
    Infix,
    Postfix,
}

/// Position and precedence of an operator; `None` for an operand.
fn shape(expr: &Expr) -> Option<(Fix, Level)> {
    Some(match expr {
        Expr::UnaryOp { op: UnaryOperator::Not, .. } => (Fix::Prefix, Level::Not),
        Expr::BinaryOp { op, .. } => (Fix::Infix, level(op)),
        Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) => (Fix::Infix, Level::Is),
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_) => (Fix::Postfix, Level::Is),
        Expr::Like { any: false, escape_char: None, .. }
        | Expr::ILike { any: false, escape_char: None, .. }
        | Expr::SimilarTo { escape_char: None, .. }
        | Expr::RLike { .. }
        | Expr::Between { .. } => (Fix::Infix, Level::Pattern),
        // The pattern ends at ESCAPE or in parentheses.
        Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } => (Fix::Postfix, Level::Pattern),
        Expr::InList { .. } | Expr::InSubquery { .. } | Expr::InUnnest { .. } => {
            (Fix::Postfix, Level::Pattern)
        }
        Expr::AnyOp { .. } | Expr::AllOp { .. } => (Fix::Postfix, Level::Comparison),
        _ => return None,
    })
}

fn level(operator: &BinaryOperator) -> Level {
    use BinaryOperator as B;
    match operator {
        B::Or => Level::Or,
        B::And => Level::And,
        B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq | B::Spaceship => Level::Comparison,
        B::Plus | B::Minus => Level::Sum,
        B::Multiply | B::Divide | B::Modulo | B::DuckIntegerDivide | B::MyIntegerDivide => Level::Product,
        _ => Level::Other,
    }
}

/// Combines the operators of `expr`, down to its operands, by their precedence.
fn reorder(expr: &mut Expr) -> Result<()> {
    let mut row = Vec::new();
    flatten(std::mem::replace(expr, hole()), &mut row)?;
    row.reverse();
    *expr = Row(row).expression(Level::Lowest)?;
    Ok(())
}

/// An operand, or an operator whose operands are holes.
enum Piece {
    Operand(Expr),
    Operator(Expr, Fix, Level),
}

enum Step {
    Open(Expr),
    Put(Piece),
}

/// Puts the operands and operators of `expr` into a row, in the order of the text.
fn flatten(expr: Expr, row: &mut Vec<Piece>) -> Result<()> {
    let mut steps = vec![Step::Open(expr)];
    while let Some(step) = steps.pop() {
        let mut expr = match step {
            Step::Put(piece) => {
                row.push(piece);
                continue;
            }
            Step::Open(expr) => expr,
        };
        let Some((fix, level)) = shape(&expr) else {
            row.push(Piece::Operand(expr));
            continue;
        };
        refuse(&expr)?;
        enclosed(&mut expr).into_iter().try_for_each(|part| match shape(part) {
            Some(_) => reorder(part),
            None => Ok(()),
        })?;
        let left = left(&mut expr).map(take);
        let right = right(&mut expr).map(take);
        steps.extend(right.map(Step::Open));
        steps.push(Step::Put(Piece::Operator(expr, fix, level)));
        steps.extend(left.map(Step::Open));
    }
    Ok(())
}

/// Operands and operators, the first one last.
struct Row(Vec<Piece>);

impl Row {
    /// Takes an expression of operators that bind tighter than `floor`.
    fn expression(&mut self, floor: Level) -> Result<Expr> {
        let mut expr = match self.0.pop() {
            Some(Piece::Operand(operand)) => operand,
            Some(Piece::Operator(mut not, Fix::Prefix, level)) => {
                self.fill(right(&mut not), level)?;
                not
            }
            _ => return plan_err!("an operator lacks an operand"),
        };
        let mut last = None;
        while let Some((mut operator, fix, level)) = self.operator_above(floor) {
            let compares = matches!(operator, Expr::BinaryOp { .. }) && level == Level::Comparison;
            if compares && last == Some(Level::Comparison) {
                return plan_err!(
                    "chained comparisons such as a = b = c are not supported: write a = b AND b = c, or (a = b) = c"
                );
            }
            last = compares.then_some(level);
            if let Some(left) = left(&mut operator) {
                *left = expr;
            }
            if fix == Fix::Infix {
                self.fill(right(&mut operator), level)?;
            }
            expr = operator;
        }
        Ok(expr)
    }

    /// Takes the right operand of an operator of `level`.
    fn fill(&mut self, right: Option<&mut Expr>, level: Level) -> Result<()> {
        if let Some(right) = right {
            *right = self.expression(level)?;
        }
        Ok(())
    }

    /// Takes the next operator if it stands after an operand and binds tighter than `floor`.
    fn operator_above(&mut self, floor: Level) -> Option<(Expr, Fix, Level)> {
        match self.0.last() {
            Some(Piece::Operator(_, Fix::Infix | Fix::Postfix, level)) if *level > floor => {}
            _ => return None,
        }
        match self.0.pop() {
            Some(Piece::Operator(operator, fix, level)) => Some((operator, fix, level)),
            _ => None,
        }
    }
}

/// Left operand of an operator.
fn left(operator: &mut Expr) -> Option<&mut Expr> {
    Some(match operator {
        Expr::BinaryOp { left, .. } | Expr::AnyOp { left, .. } | Expr::AllOp { left, .. } => left,
        Expr::IsDistinctFrom(left, _)
        | Expr::IsNotDistinctFrom(left, _)
        | Expr::IsNull(left)
        | Expr::IsNotNull(left)
        | Expr::IsTrue(left)
        | Expr::IsNotTrue(left)
        | Expr::IsFalse(left)
        | Expr::IsNotFalse(left)
        | Expr::IsUnknown(left)
        | Expr::IsNotUnknown(left) => left,
        Expr::Like { expr, .. }
        | Expr::ILike { expr, .. }
        | Expr::SimilarTo { expr, .. }
        | Expr::RLike { expr, .. }
        | Expr::Between { expr, .. }
        | Expr::InList { expr, .. }
        | Expr::InSubquery { expr, .. }
        | Expr::InUnnest { expr, .. } => expr,
        _ => return None,
    })
}

/// Right operand of an operator, where no delimiter ends it.
fn right(operator: &mut Expr) -> Option<&mut Expr> {
    Some(match operator {
        Expr::UnaryOp { expr, .. } => expr,
        Expr::BinaryOp { right, .. } => right,
        Expr::IsDistinctFrom(_, right) | Expr::IsNotDistinctFrom(_, right) => right,
        Expr::Like { pattern, any: false, escape_char: None, .. }
        | Expr::ILike { pattern, any: false, escape_char: None, .. }
        | Expr::SimilarTo { pattern, escape_char: None, .. }
        | Expr::RLike { pattern, .. } => pattern,
        Expr::Between { high, .. } => high,
        _ => return None,
    })
}

/// Operands between delimiters.
fn enclosed(operator: &mut Expr) -> Vec<&mut Expr> {
    match operator {
        Expr::Between { low, .. } => vec![low],
        Expr::InList { list, .. } => list.iter_mut().collect(),
        Expr::InUnnest { array_expr, .. } => vec![array_expr],
        Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => vec![right],
        Expr::Like { pattern, any, escape_char, .. } | Expr::ILike { pattern, any, escape_char, .. }
            if *any || escape_char.is_some() =>
        {
            vec![pattern]
        }
        Expr::SimilarTo { pattern, escape_char: Some(_), .. } => vec![pattern],
        _ => vec![],
    }
}

fn refuse(operator: &Expr) -> Result<()> {
    match operator {
        Expr::BinaryOp { op: BinaryOperator::BitwiseXor, .. } => plan_err!(
            "the operator ^ is ambiguous: write power(a, b) for exponentiation, or (a | b) - (a & b) for bitwise XOR"
        ),
        _ => Ok(()),
    }
}

fn take(operand: &mut Expr) -> Expr {
    std::mem::replace(operand, hole())
}

/// Stands for an operand that is elsewhere for the moment.
fn hole() -> Expr {
    Expr::Value(Value::Null.into())
}

#[cfg(test)]
mod tests;
