//! Limits and balancing of long chains of operators.
//!
//! A chain such as `a OR b OR c OR …` parses into a tree of its length, and planning,
//! running and dropping a tree recurse into it. Chains of AND, OR and UNION ALL, which machines
//! write, are balanced; others are refused where they are too long for the stack.

use std::ops::ControlFlow;

use datafusion::common::plan_err;
use datafusion::error::Result;
use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Query, SetExpr, SetOperator, SetQuantifier, Value, Values, VisitMut, VisitorMut,
};

use crate::token::{TokenKind, tokenize};

/// Longest chain of AND, OR or UNION ALL. The parser returns it unbalanced, so that it takes stack
/// until it is balanced: up to 4 kB for each operator without optimization.
const MAX_BALANCED_CHAIN: usize = 5_000;
/// Longest chain of AND or OR that stays as it was written.
const MAX_UNBALANCED_CHAIN: usize = 16;
/// Longest chain of other operators, and most operators around an expression. Planning takes up to
/// 20 kB of stack for each without optimization.
const MAX_CHAIN: usize = 500;
/// Most joined tables of one FROM, most other set operations of one query, and most CTEs of a
/// statement: each is a level of the plan. Most levels of parentheses and CASE as well.
const MAX_PLAN_LEVELS: usize = 100;

/// Refuses a statement whose chains are too long, before it is parsed.
///
/// # Errors
/// [`DataFusionError::Plan`](datafusion::error::DataFusionError::Plan) with the limit and a shorter
/// form.
pub(crate) fn check(sql: &str) -> Result<()> {
    let mut levels = vec![NestingLevel::default()];
    let mut ctes = 0;
    let words =
        tokenize(sql).filter(|token| !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment));
    let mut words = words.map(|token| (token.kind, &sql[token.range])).peekable();
    while let Some((kind, word)) = words.next() {
        let next = words.peek().map_or("", |(_, next)| next);
        let is = |keyword: &str| kind == TokenKind::Word && word.eq_ignore_ascii_case(keyword);
        if kind == TokenKind::Semicolon {
            (levels, ctes) = (vec![NestingLevel::default()], 0);
        } else if word == "(" || word == "[" || is("CASE") {
            levels.push(NestingLevel { operators: usize::from(is("CASE")), ..NestingLevel::default() });
        } else if word == ")" || word == "]" || is("END") {
            levels.pop();
            levels.last_mut().unwrap_or(&mut NestingLevel::default()).operators += usize::from(word == "]");
        } else if let Some(level) = levels.last_mut() {
            level.count(kind, word, next);
        }
        if levels.is_empty() {
            levels.push(NestingLevel::default());
        }
        ctes += usize::from(is("AS") && next == "(");
        within_limits(&levels, ctes)?;
    }
    Ok(())
}

/// Operators that are words, but for those that are balanced.
const OPERATORS: [&str; 15] = [
    "NOT", "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "SIMILAR", "RLIKE", "REGEXP", "INTERVAL", "COLLATE", "AT",
    "DIV", "XOR", "OVERLAPS",
];

/// Operators of one level of parentheses.
#[derive(Default)]
struct NestingLevel {
    /// Operators since the last comma, clause or conjunction.
    operators: usize,
    /// AND, OR and UNION ALL since the level opened.
    balanced: usize,
    set_operations: usize,
    joins: usize,
    is_from: bool,
    /// True if the next AND belongs to a BETWEEN.
    is_between: bool,
}

impl NestingLevel {
    fn count(&mut self, kind: TokenKind, word: &str, next: &str) {
        match kind {
            TokenKind::Word => self.count_keyword(word, next),
            TokenKind::Punct if word == "," => {
                self.operators = 0;
                self.joins += usize::from(self.is_from);
            }
            TokenKind::Punct if word != "." => self.operators += 1,
            _ => {}
        }
    }

    fn count_keyword(&mut self, word: &str, next: &str) {
        let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
        if self.is_between && is(&["AND"]) {
            self.is_between = false;
        } else if is(&["AND", "OR"]) || (is(&["UNION"]) && next.eq_ignore_ascii_case("ALL")) {
            self.balanced += 1;
            self.operators = 0;
        } else if is(&["UNION", "EXCEPT", "INTERSECT", "MINUS"]) {
            self.set_operations += 1;
        } else if is(&OPERATORS) {
            self.operators += 1;
            self.is_between |= is(&["BETWEEN"]);
        } else if is(&["JOIN"]) {
            self.joins += 1;
            self.operators = 0;
        } else if is(&["FROM"]) {
            (self.operators, self.is_from, self.joins) = (0, true, 0);
        } else if is(&["SELECT", "WHERE", "GROUP", "HAVING", "ORDER", "QUALIFY", "WINDOW", "LIMIT"]) {
            (self.operators, self.is_from) = (0, false);
        } else if is(&["WHEN", "THEN", "ON", "USING"]) {
            self.operators = 0;
        }
    }
}

fn within_limits(levels: &[NestingLevel], ctes: usize) -> Result<()> {
    if levels.len() > MAX_PLAN_LEVELS {
        return plan_err!(
            "more than {MAX_PLAN_LEVELS} levels of parentheses or CASE: take a part of it in a subquery"
        );
    }
    let operators: usize = levels.iter().map(|level| level.operators).sum();
    if operators > MAX_CHAIN {
        return plan_err!(
            "more than {MAX_CHAIN} operators follow each other in one expression: split it, or add up the rows of \
             VALUES"
        );
    }
    let Some(level) = levels.last() else { return Ok(()) };
    if level.balanced > MAX_BALANCED_CHAIN {
        return plan_err!(
            "more than {MAX_BALANCED_CHAIN} AND, OR or UNION ALL follow each other: write IN (…), or join with VALUES"
        );
    }
    if level.joins > MAX_PLAN_LEVELS {
        return plan_err!(
            "more than {MAX_PLAN_LEVELS} tables are joined in one FROM: keep the rows of some joins by CREATE TABLE … AS"
        );
    }
    if level.set_operations > MAX_PLAN_LEVELS {
        return plan_err!(
            "more than {MAX_PLAN_LEVELS} UNION, EXCEPT or INTERSECT follow each other: unite the rows by UNION ALL first"
        );
    }
    if ctes > MAX_PLAN_LEVELS {
        return plan_err!(
            "more than {MAX_PLAN_LEVELS} subqueries in WITH and FROM: keep the rows of some by CREATE TABLE … AS"
        );
    }
    Ok(())
}

/// Balances the chains of AND, OR and UNION ALL in `statement`.
pub(super) fn balance(statement: &mut Statement) {
    match statement {
        Statement::Statement(statement) => {
            let _ = statement.visit(&mut Balance);
        }
        Statement::Explain(explain) => balance(&mut explain.statement),
        Statement::CopyTo(copy) => {
            if let CopyToSource::Query(query) = &mut copy.source {
                let _ = query.visit(&mut Balance);
            }
        }
        Statement::CreateExternalTable(_) | Statement::Reset(_) => {}
    }
}

struct Balance;

impl VisitorMut for Balance {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } = &*expr
            && is_longer(expr, op)
        {
            let op = op.clone();
            let operands = operands(take(expr), &op);
            *expr = balanced(operands, &|left, right| Expr::BinaryOp {
                left: Box::new(left),
                op: op.clone(),
                right: Box::new(right),
            })
            .unwrap_or_else(|| Expr::value(Value::Null));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        if is_long_union(&query.body) {
            let empty =
                SetExpr::Values(Values { explicit_row: false, value_keyword: false, rows: Vec::new() });
            let body = std::mem::replace(query.body.as_mut(), empty.clone());
            let inputs = union_inputs(body);
            *query.body = balanced(inputs, &|left, right| SetExpr::SetOperation {
                op: SetOperator::Union,
                set_quantifier: SetQuantifier::All,
                left: Box::new(left),
                right: Box::new(right),
            })
            .unwrap_or(empty);
        }
        ControlFlow::Continue(())
    }
}

/// Returns whether a chain of `wanted` has more than [`MAX_UNBALANCED_CHAIN`] operators.
fn is_longer(mut chain: &Expr, wanted: &BinaryOperator) -> bool {
    for _ in 0..MAX_UNBALANCED_CHAIN {
        match chain {
            Expr::BinaryOp { left, op, .. } if op == wanted => chain = left,
            _ => return false,
        }
    }
    true
}

fn take(expr: &mut Expr) -> Expr {
    std::mem::replace(expr, Expr::value(Value::Null))
}

/// The operands of a left-deep chain of `wanted`, in order.
fn operands(mut chain: Expr, wanted: &BinaryOperator) -> Vec<Expr> {
    let mut operands = Vec::new();
    loop {
        match chain {
            Expr::BinaryOp { left, op, right } if op == *wanted => {
                operands.push(*right);
                chain = *left;
            }
            first => {
                operands.push(first);
                break;
            }
        }
    }
    operands.reverse();
    operands
}

/// Returns whether a chain of UNION ALL has more than [`MAX_UNBALANCED_CHAIN`] operators.
fn is_long_union(mut chain: &SetExpr) -> bool {
    for _ in 0..MAX_UNBALANCED_CHAIN {
        match chain {
            SetExpr::SetOperation {
                op: SetOperator::Union,
                set_quantifier: SetQuantifier::All,
                left,
                ..
            } => chain = left,
            _ => return false,
        }
    }
    true
}

/// The inputs of a left-deep chain of UNION ALL, in order.
fn union_inputs(mut chain: SetExpr) -> Vec<SetExpr> {
    let mut inputs = Vec::new();
    loop {
        match chain {
            SetExpr::SetOperation {
                op: SetOperator::Union,
                set_quantifier: SetQuantifier::All,
                left,
                right,
            } => {
                inputs.push(*right);
                chain = *left;
            }
            first => {
                inputs.push(first);
                break;
            }
        }
    }
    inputs.reverse();
    inputs
}

/// A tree of the items in their order, as shallow as it can be.
fn balanced<T>(mut items: Vec<T>, join: &impl Fn(T, T) -> T) -> Option<T> {
    while items.len() > 1 {
        let mut pairs = Vec::with_capacity(items.len().div_ceil(2));
        let mut rest = items.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => join(left, right),
                None => left,
            });
        }
        items = pairs;
    }
    items.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(operand: &str, operator: &str, operands: usize) -> String {
        format!("SELECT {}", vec![operand; operands].join(operator))
    }

    fn refused(sql: &str) -> bool {
        check(sql).is_err()
    }

    #[test]
    fn long_chains_are_refused() {
        for (sql, expected) in [
            (chain("a = 1", " OR ", 3_000), false),
            (chain("a = 1", " or ", 6_000), true),
            (chain("SELECT 1", " UNION ALL ", 3_000), false),
            (chain("SELECT 1", " UNION ", 200), true),
            (chain("a BETWEEN 1 AND 2", " AND ", 3_000), false),
            (format!("SELECT a{}", " BETWEEN false AND true".repeat(600)), true),
            (format!("SELECT a{}", " IN (true)".repeat(600)), true),
            (format!("SELECT a{}", "::bigint".repeat(600)), true),
            (format!("SELECT a{}", "[1]".repeat(600)), true),
            (format!("SELECT {}a", "CASE a WHEN b THEN ".repeat(600)), true),
            (format!("SELECT {}", chain("1", ", ", 50_000)), false),
            (format!("SELECT a IN ({})", vec!["1"; 50_000].join(", ")), false),
            (chain("1", " + ", 400) + "; " + &chain("1", " + ", 400), false),
        ] {
            assert_eq!(refused(&sql), expected, "{}…", &sql[..60]);
        }
    }

    #[test]
    fn chains_are_balanced_in_order() {
        let join = |left: String, right: String| format!("({left} {right})");
        let items = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(balanced(items, &join).unwrap(), "(((a b) (c d)) e)");
        assert_eq!(balanced(Vec::new(), &join), None);
    }
}
