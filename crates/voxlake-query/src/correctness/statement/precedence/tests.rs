use datafusion::sql::sqlparser::ast::{Expr, VisitMut};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;

use super::*;

fn parsed(sql: &str) -> Expr {
    Parser::new(&GenericDialect {}).try_with_sql(sql).unwrap().parse_expr().unwrap()
}

/// Text of an expression with parentheses around every operator.
fn grouped(mut expr: Expr) -> String {
    struct Groups;
    impl VisitorMut for Groups {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Nested(inner) = expr {
                *expr = take(inner);
            }
            if shape(expr).is_some() {
                *expr = Expr::Nested(Box::new(take(expr)));
            }
            ControlFlow::Continue(())
        }
    }
    let _ = expr.visit(&mut Groups);
    expr.to_string()
}

fn corrected(sql: &str) -> Result<Expr, String> {
    let mut expr = parsed(sql);
    match expr.visit(&mut Precedence::default()) {
        ControlFlow::Continue(()) => Ok(expr),
        ControlFlow::Break(error) => Err(error.strip_backtrace()),
    }
}

/// Each statement and the same with the parentheses that PostgreSQL's grammar implies.
const CASES: [(&str, &str); 27] = [
    ("a IS DISTINCT FROM b AND c", "(a IS DISTINCT FROM b) AND c"),
    ("a IS NOT DISTINCT FROM b OR c AND d", "(a IS NOT DISTINCT FROM b) OR (c AND d)"),
    ("a IS DISTINCT FROM b IS NULL", "(a IS DISTINCT FROM b) IS NULL"),
    ("a IS DISTINCT FROM b = c", "a IS DISTINCT FROM (b = c)"),
    ("a = b IS DISTINCT FROM c", "(a = b) IS DISTINCT FROM c"),
    ("NOT a IS DISTINCT FROM b AND c", "(NOT (a IS DISTINCT FROM b)) AND c"),
    ("a AND b IS DISTINCT FROM c AND d", "(a AND (b IS DISTINCT FROM c)) AND d"),
    (
        "a IS DISTINCT FROM b AND c IS DISTINCT FROM d AND e",
        "((a IS DISTINCT FROM b) AND (c IS DISTINCT FROM d)) AND e",
    ),
    ("a IS DISTINCT FROM (b AND c)", "a IS DISTINCT FROM (b AND c)"),
    ("a = b IN (c)", "a = (b IN (c))"),
    ("a = b NOT IN (SELECT c FROM t)", "a = (b NOT IN (SELECT c FROM t))"),
    ("a = b BETWEEN c AND d", "a = (b BETWEEN c AND d)"),
    ("a = b LIKE c", "a = (b LIKE c)"),
    ("a LIKE b = c", "(a LIKE b) = c"),
    ("a NOT LIKE b || c = d", "(a NOT LIKE (b || c)) = d"),
    ("a LIKE b ESCAPE 'x' = c", "(a LIKE b ESCAPE 'x') = c"),
    ("a = b ~ c", "a = (b ~ c)"),
    ("a BETWEEN b AND c ~ d", "a BETWEEN b AND (c ~ d)"),
    ("a || b + c", "a || (b + c)"),
    ("a | b & c", "(a | b) & c"),
    ("a << b + c", "a << (b + c)"),
    ("NOT a = b AND c", "(NOT (a = b)) AND c"),
    ("NOT a BETWEEN b AND c", "NOT (a BETWEEN b AND c)"),
    ("a IN (b IS DISTINCT FROM c AND d)", "a IN ((b IS DISTINCT FROM c) AND d)"),
    ("f(a IS DISTINCT FROM b AND c)", "f((a IS DISTINCT FROM b) AND c)"),
    ("a - b - c * d", "(a - b) - (c * d)"),
    (
        "a IN (SELECT b FROM t WHERE c IS DISTINCT FROM d AND e)",
        "a IN (SELECT b FROM t WHERE (c IS DISTINCT FROM d) AND e)",
    ),
];

#[test]
fn operators_bind_as_in_postgres() {
    for (sql, meant) in CASES {
        assert_eq!(grouped(corrected(sql).unwrap()), grouped(parsed(meant)), "{sql}");
    }
}

#[test]
fn parsed_trees_of_plain_statements_stay() {
    for sql in ["a = 1 AND NOT b OR c IS NULL", "-a::int + b * c", "a BETWEEN 1 AND 2 AND b", "a = ANY(b)"] {
        assert_eq!(corrected(sql).unwrap(), parsed(sql), "{sql}");
    }
}

#[test]
fn long_chains_need_no_deep_stack() {
    let sql = vec!["a = 1"; 20_000].join(" OR ");
    let mut expr = parsed(&sql);
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let reordered = thread.spawn(move || reorder(&mut expr).map(|()| expr)).unwrap().join().unwrap().unwrap();
    // Dropping a deep tree recurses as well.
    std::mem::forget(reordered);
}

#[test]
fn ambiguous_operators_are_refused() {
    for sql in ["a ^ b", "a = b = c", "a < b < c", "x IN (a ^ b)"] {
        corrected(sql).unwrap_err();
    }
    for sql in ["(a = b) = c", "a = b AND b = c"] {
        corrected(sql).unwrap();
    }
}
