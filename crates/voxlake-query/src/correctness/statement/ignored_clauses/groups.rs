//! GROUP BY … WITH ROLLUP, and positions in ROLLUP, CUBE and GROUPING SETS.

use datafusion::error::Result;
use datafusion::sql::sqlparser::ast::{
    Expr, GroupByExpr, GroupByWithModifier, Select, SelectItem, Value, ValueWithSpan,
};

use super::refusal::refuse;

/// Rewrites the groups of a SELECT so that DataFusion knows all of them.
pub(super) fn correct(select: &mut Select) -> Result<()> {
    let projection = &select.projection;
    let (groups, modifiers) = match &mut select.group_by {
        GroupByExpr::All(modifiers) if modifiers.is_empty() => return Ok(()),
        GroupByExpr::All(_) => {
            return refuse("GROUP BY ALL with a modifier", "name the columns in ROLLUP (…)");
        }
        GroupByExpr::Expressions(groups, modifiers) => (groups, modifiers),
    };
    for group in groups.iter_mut() {
        if let Some(sets) = sets(group) {
            sets.iter_mut().flatten().try_for_each(|expr| resolve(expr, projection))?;
        }
    }
    let modifiers = std::mem::take(modifiers);
    let over_sets: fn(Vec<Vec<Expr>>) -> Expr = match modifiers.as_slice() {
        [] => return Ok(()),
        [GroupByWithModifier::Rollup] => Expr::Rollup,
        [GroupByWithModifier::Cube] => Expr::Cube,
        _ => return refuse("WITH TOTALS or GROUPING SETS after GROUP BY", "write GROUP BY ROLLUP (…)"),
    };
    if groups.iter_mut().any(|group| sets(group).is_some()) {
        return refuse("WITH ROLLUP or WITH CUBE after grouping sets", "write them as one GROUPING SETS (…)");
    }
    groups.iter_mut().try_for_each(|expr| resolve(expr, projection))?;
    let columns = std::mem::take(groups).into_iter().map(|expr| vec![expr]).collect();
    groups.push(over_sets(columns));
    Ok(())
}

fn sets(group: &mut Expr) -> Option<&mut Vec<Vec<Expr>>> {
    match group {
        Expr::Rollup(sets) | Expr::Cube(sets) | Expr::GroupingSets(sets) => Some(sets),
        _ => None,
    }
}

/// Replaces a position by the column of the answer at it, which DataFusion does not do in grouping
/// sets.
fn resolve(expr: &mut Expr, projection: &[SelectItem]) -> Result<()> {
    let Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. }) = expr else { return Ok(()) };
    let position = number.to_string().parse::<usize>().ok();
    let item = position.and_then(|position| projection.get(position.checked_sub(1)?));
    let is_plain = projection
        .iter()
        .all(|item| matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }));
    match item {
        Some(SelectItem::UnnamedExpr(column) | SelectItem::ExprWithAlias { expr: column, .. })
            if is_plain =>
        {
            *expr = column.clone();
            Ok(())
        }
        _ => refuse("a number in grouping sets", "name the column"),
    }
}
