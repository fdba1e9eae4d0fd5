//! Clauses of function calls.

use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, OrderByExpr, Value, ValueWithSpan,
};

use super::refusal::refuse;

/// Functions that DataFusion plans before it looks at clauses, without being registered.
const PLANNED_EARLY: [&str; 4] = ["unnest", "unnest_outer", "make_map", "map"];
/// Window functions that support IGNORE NULLS.
const NULL_AWARE: [&str; 5] = ["lag", "lead", "first_value", "last_value", "nth_value"];

/// Refuses clauses that the function does not have.
pub(super) fn check(function: &Function, state: &SessionState) -> Result<()> {
    if function.parameters != FunctionArguments::None {
        return refuse("a function with two lists of arguments", "give all arguments in one list");
    }
    let name = match function.name.0.as_slice() {
        [part] if let Some(ident) = part.as_ident() => match ident.quote_style {
            Some(_) => ident.value.clone(),
            None => ident.value.to_lowercase(),
        },
        _ => return check_arguments("", &function.args),
    };
    check_arguments(&name, &function.args)?;
    let is_scalar = state.scalar_functions().contains_key(&name)
        || state.higher_order_functions().contains_key(&name)
        || PLANNED_EARLY.contains(&name.as_str());
    if is_scalar {
        return check_scalar(&name, function);
    }
    if function.over.is_some() {
        return check_window(&name, function, state);
    }
    Ok(())
}

fn check_arguments(name: &str, arguments: &FunctionArguments) -> Result<()> {
    let arguments = match arguments {
        FunctionArguments::None => return Ok(()),
        FunctionArguments::Subquery(_) if name == "array" => {
            return refuse("ARRAY(SELECT …)", "write (SELECT array_agg(…) FROM …)");
        }
        FunctionArguments::Subquery(_) => {
            return refuse("a subquery as all arguments of a function", "put it in its own parentheses");
        }
        FunctionArguments::List(arguments) => arguments,
    };
    for argument in &arguments.args {
        let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) =
            argument;
        if matches!(arg, FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::WildcardWithOptions(_)) {
            return refuse("a function of t.*", "name a column, or write count(*)");
        }
    }
    let is_position = |item: &OrderByExpr| {
        matches!(&item.expr, Expr::Value(ValueWithSpan { value: Value::Number(..), .. }))
    };
    let has_position = |clause: &FunctionArgumentClause| match clause {
        FunctionArgumentClause::OrderBy(items) => items.iter().any(is_position),
        _ => false,
    };
    if arguments.clauses.iter().any(has_position) {
        return refuse("a number in ORDER BY of an aggregate", "name the column");
    }
    Ok(())
}

fn is_distinct(function: &Function) -> bool {
    matches!(
        &function.args,
        FunctionArguments::List(list) if list.duplicate_treatment == Some(DuplicateTreatment::Distinct)
    )
}

fn treats_nulls(function: &Function) -> bool {
    let in_arguments = match &function.args {
        FunctionArguments::List(list) => list
            .clauses
            .iter()
            .any(|clause| matches!(clause, FunctionArgumentClause::IgnoreOrRespectNulls(_))),
        _ => false,
    };
    in_arguments || function.null_treatment.is_some()
}

fn check_scalar(name: &str, function: &Function) -> Result<()> {
    let has_clauses = matches!(&function.args, FunctionArguments::List(list) if !list.clauses.is_empty());
    let clause = if is_distinct(function) {
        "DISTINCT"
    } else if function.filter.is_some() {
        "FILTER"
    } else if function.over.is_some() {
        "OVER"
    } else if !function.within_group.is_empty() {
        "WITHIN GROUP"
    } else if treats_nulls(function) {
        "IGNORE NULLS or RESPECT NULLS"
    } else if has_clauses {
        "ORDER BY"
    } else {
        return Ok(());
    };
    refuse(&format!("{clause} in {name}(…)"), "it is no aggregate or window function")
}

fn check_window(name: &str, function: &Function, state: &SessionState) -> Result<()> {
    let aggregate = state.aggregate_functions().get(name).filter(|_| !NULL_AWARE.contains(&name));
    if is_distinct(function) && aggregate.is_none() {
        return refuse(&format!("DISTINCT in the window function {name}"), "leave it out");
    }
    let takes_nulls = NULL_AWARE.contains(&name)
        || aggregate.is_some_and(|aggregate| aggregate.supports_null_handling_clause());
    if treats_nulls(function) && !takes_nulls {
        return refuse(&format!("IGNORE NULLS or RESPECT NULLS in {name}"), "leave it out");
    }
    Ok(())
}
