//! Names for the unnamed columns of a statement: the SQL text of their expressions.
//!
//! DataFusion names them by its own form of the expression, with its types, and rejects duplicates:
//!
//! ```text
//! SELECT 'x', sum(total_duration) FROM calls     Utf8("x"), sum(calls.total_duration)
//! ```
//!
//! So each expression gets an alias before planning:
//!
//! ```text
//! SELECT 'x' AS "'x'", sum(total_duration) AS "sum(total_duration)" FROM calls
//! ```
//!
//! Plain columns keep their names. `EXPLAIN` is not changed.

use std::collections::BTreeSet;
use std::ops::Range;

use datafusion::sql::parser::{CopyToSource, Statement};
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, Ident, OrderBy, OrderByKind, Query, Select, SelectFlavor, SelectItem, SetExpr,
    Statement as Sql, TableFactor, TableWithJoins, WildcardAdditionalOptions,
};
use datafusion::sql::sqlparser::tokenizer::Location;

use crate::token::{Token, TokenKind, tokenize};

/// Maximum characters of a name; longer texts are cut.
const MAX_NAME_CHARS: usize = 64;

/// Statements of more bytes are not compared, because their expressions may be too deep for the
/// stack.
const MAX_COMPARED_BYTES: usize = 4000;

/// Names the unnamed columns of a statement, including its subqueries in `FROM` and `WITH`. `sql`
/// is its text.
pub(crate) fn name_columns(statement: &mut Statement, sql: &str) {
    let query = match statement {
        Statement::Statement(statement) => match statement.as_mut() {
            Sql::Query(query) => query,
            Sql::CreateView(view) => &mut view.query,
            Sql::CreateTable(table) => match &mut table.query {
                Some(query) => query,
                None => return,
            },
            _ => return,
        },
        Statement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => query,
            CopyToSource::Relation(_) => return,
        },
        _ => return,
    };
    let text = Text::new(sql);
    // An explicit stack, since a chain of unions can be longer than recursion may be deep.
    let mut parts = vec![StatementPart::Query(query)];
    while let Some(part) = parts.pop() {
        match part {
            StatementPart::Query(query) => {
                let within = query.with.iter_mut().flat_map(|with| &mut with.cte_tables);
                parts.extend(within.map(|cte| StatementPart::Query(&mut cte.query)));
                if let (SetExpr::Select(select), Some(order)) = (query.body.as_mut(), &mut query.order_by) {
                    name_items(select, &text);
                    if sql.len() <= MAX_COMPARED_BYTES {
                        order_by_names(select, order);
                    }
                }
                parts.push(StatementPart::Body(&mut query.body));
            }
            StatementPart::Body(SetExpr::Select(select)) => {
                name_items(select, &text);
                parts.extend(select.from.iter_mut().flat_map(tables));
            }
            StatementPart::Body(SetExpr::Query(query)) => parts.push(StatementPart::Query(query)),
            StatementPart::Body(SetExpr::SetOperation { left, right, .. }) => {
                parts.extend([StatementPart::Body(left), StatementPart::Body(right)]);
            }
            StatementPart::Body(_) => {}
            StatementPart::Table(TableFactor::Derived { subquery, .. }) => {
                parts.push(StatementPart::Query(subquery));
            }
            StatementPart::Table(TableFactor::NestedJoin { table_with_joins, .. }) => {
                parts.extend(tables(table_with_joins));
            }
            StatementPart::Table(_) => {}
        }
    }
}

/// Part of a statement that may have unnamed columns.
enum StatementPart<'a> {
    Query(&'a mut Query),
    Body(&'a mut SetExpr),
    Table(&'a mut TableFactor),
}

fn tables(joined: &mut TableWithJoins) -> impl Iterator<Item = StatementPart<'_>> {
    let joins = joined.joins.iter_mut().map(|join| &mut join.relation);
    std::iter::once(&mut joined.relation).chain(joins).map(StatementPart::Table)
}

fn name_items(select: &mut Select, text: &Text<'_>) {
    if select.projection.iter().all(|item| unnamed(item).is_none()) {
        return;
    }
    let plain =
        select.top.is_none() && select.value_table_mode.is_none() && select.select_modifiers.is_none();
    if !plain || matches!(select.flavor, SelectFlavor::FromFirstNoSelect) {
        return;
    }
    let begin = select.select_token.0.span.start;
    let Some(texts) = text.items(begin, select.distinct.as_ref(), select.projection.len()) else { return };
    let mut taken: BTreeSet<String> = select.projection.iter().filter_map(name).collect();
    for (item, text) in select.projection.iter_mut().zip(texts) {
        if unnamed(item).is_none() {
            continue;
        }
        let base = shortened(&text);
        let mut name = base.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        // Moved, since a clone of a long expression needs much stack.
        let taken = std::mem::replace(item, SelectItem::Wildcard(WildcardAdditionalOptions::default()));
        *item = match taken {
            SelectItem::UnnamedExpr(expr) => {
                SelectItem::ExprWithAlias { expr, alias: Ident::with_quote('"', name) }
            }
            other => other,
        };
    }
}

/// Replaces expressions in the ORDER BY of `SELECT DISTINCT` by the aliases that they got.
/// DataFusion does not match them otherwise.
fn order_by_names(select: &Select, order: &mut OrderBy) {
    let OrderByKind::Expressions(keys) = &mut order.kind else { return };
    if !matches!(select.distinct, Some(Distinct::Distinct)) {
        return;
    }
    for item in &select.projection {
        let SelectItem::ExprWithAlias { expr, alias } = item else { continue };
        for key in keys.iter_mut().filter(|key| key.expr == *expr) {
            key.expr = Expr::Identifier(alias.clone());
        }
    }
}

/// Expression of an item without a name.
fn unnamed(item: &SelectItem) -> Option<&Expr> {
    let SelectItem::UnnamedExpr(expr) = item else { return None };
    let mut inner = expr;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    match inner {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => None,
        // unnest of a struct returns several columns.
        Expr::Function(function) if function.name.to_string().eq_ignore_ascii_case("unnest") => None,
        _ => Some(expr),
    }
}

/// Name of an item that has one.
fn name(item: &SelectItem) -> Option<String> {
    let ident = match item {
        SelectItem::ExprWithAlias { alias, .. } => alias,
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => name,
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => parts.last()?,
        _ => return None,
    };
    Some(if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_NAME_CHARS {
        return text.to_owned();
    }
    let begin: String = text.chars().take(MAX_NAME_CHARS - 1).collect();
    format!("{}…", begin.trim_end())
}

/// Text of a statement, with the offsets of its lines.
struct Text<'a> {
    sql: &'a str,
    /// Byte offsets of the lines.
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    fn new(sql: &'a str) -> Self {
        let lines = std::iter::once(0).chain(sql.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { sql, lines }
    }

    /// Byte offset of a location.
    fn offset(&self, place: Location) -> Option<usize> {
        let line = usize::try_from(place.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
        let begin = *self.lines.get(line)?;
        let rest = &self.sql[begin..];
        rest.char_indices().nth(column).map(|(at, _)| begin + at)
    }

    /// Returns the texts of the items after `SELECT` at `begin`, if their number is as expected.
    fn items(&self, begin: Location, distinct: Option<&Distinct>, expected: usize) -> Option<Vec<String>> {
        let begin = self.offset(begin)?;
        let rest = &self.sql[begin..];
        let mut parts = tokenize(rest)
            .filter(|part| !matches!(part.kind, TokenKind::Whitespace | TokenKind::Comment))
            .peekable();
        parts.next().filter(|part| rest[part.range.clone()].eq_ignore_ascii_case("select"))?;
        match distinct {
            None => {}
            Some(Distinct::Distinct | Distinct::All) => drop(parts.next()),
            Some(Distinct::On(_)) => {
                parts.by_ref().take(2).for_each(drop);
                skip_parentheses(rest, &mut parts);
            }
        }
        let items = split(rest, parts);
        (items.len() == expected).then(|| items.into_iter().map(|item| plain(&rest[item])).collect())
    }
}

/// Skips `(…)`.
fn skip_parentheses(sql: &str, parts: &mut impl Iterator<Item = Token>) {
    let mut depth = 0_usize;
    for part in parts {
        match &sql[part.range] {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

/// Ranges of the items of a list, up to the keyword that ends it.
fn split(sql: &str, parts: impl Iterator<Item = Token>) -> Vec<Range<usize>> {
    let (mut items, mut item): (Vec<Range<usize>>, Option<Range<usize>>) = (Vec::new(), None);
    let (mut depth, mut before) = (0_usize, "");
    for part in parts {
        let text = &sql[part.range.clone()];
        match (part.kind, text) {
            (TokenKind::Punct, "(" | "[" | "{") => depth += 1,
            (TokenKind::Punct, ")" | "]" | "}") if depth == 0 => break,
            (TokenKind::Punct, ")" | "]" | "}") => depth -= 1,
            (TokenKind::Punct, ",") if depth == 0 => {
                items.extend(item.take());
                continue;
            }
            (TokenKind::Semicolon, _) => break,
            (TokenKind::Word, word) if depth == 0 && ends_list(word, before) => break,
            _ => {}
        }
        let begin = item.map_or(part.range.start, |item| item.start);
        item = Some(begin..part.range.end);
        before = text;
    }
    items.extend(item);
    items
}

/// Returns whether a keyword ends a list of items.
fn ends_list(word: &str, before: &str) -> bool {
    let is = |other: &str| word.eq_ignore_ascii_case(other);
    if is("from") {
        // As in `a IS DISTINCT FROM b`.
        return !before.eq_ignore_ascii_case("distinct");
    }
    if is("except") {
        // As in `* EXCEPT (a)`.
        return before != "*";
    }
    const ENDS: [&str; 13] = [
        "where",
        "group",
        "having",
        "qualify",
        "window",
        "order",
        "limit",
        "offset",
        "fetch",
        "union",
        "intersect",
        "minus",
        "into",
    ];
    ENDS.into_iter().any(is)
}

/// Text with runs of whitespace and comments replaced by one space.
fn plain(sql: &str) -> String {
    let mut text = String::new();
    for part in tokenize(sql) {
        match part.kind {
            TokenKind::Whitespace | TokenKind::Comment if text.ends_with(' ') => {}
            TokenKind::Whitespace | TokenKind::Comment => text.push(' '),
            _ => text.push_str(&sql[part.range]),
        }
    }
    text
}

#[cfg(test)]
mod tests;
