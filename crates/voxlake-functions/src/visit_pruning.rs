//! Pruning of unused fields from calls of `queue_visits`, `agent_visits`, `team_visits` and
//! `flow_visits`.
//!
//! ```text
//! queue_visits(queues, voice_call_details, result, charge_amount, charge_currency)
//! queue_visits(CAST(queues AS …), CAST(voice_call_details AS …), NULL, NULL, NULL)
//! ```

use datafusion::arrow::datatypes::{DataType, Fields};
use datafusion::common::nested_struct::requires_nested_struct_cast;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable as _, ScalarUDF, lit};

use crate::agent_visits::AgentVisits;
use crate::flow_visits::FlowVisits;
use crate::queue_visits::QueueVisits;
use crate::team_visits::TeamVisits;
use crate::visits::{VisitExtractor, Visits};

/// Prunes the visits of `call` to the fields `named`. `schema` is that of the plan node below.
///
/// Returns `None` for other functions, and if there is nothing to prune.
///
/// # Errors
/// If the type of an argument cannot be derived from `schema`.
pub fn prune_visit_fields(call: &ScalarFunction, named: &[&str], schema: &DFSchema) -> Result<Option<Expr>> {
    let prune_by_function = [
        prune_fields_of::<QueueVisits>,
        prune_fields_of::<AgentVisits>,
        prune_fields_of::<TeamVisits>,
        prune_fields_of::<FlowVisits>,
    ];
    for prune in prune_by_function {
        if let Some(pruned) = prune(call, named, schema)? {
            return Ok(Some(pruned));
        }
    }
    Ok(None)
}

/// Prunes the visits of `call` to their first field, for a query that only counts them. Returns
/// `None` as [`prune_visit_fields`] does.
///
/// # Errors
/// If the type of an argument cannot be derived from `schema`.
pub fn prune_to_first_field(call: &ScalarFunction, schema: &DFSchema) -> Result<Option<Expr>> {
    let first = first_field::<QueueVisits>(call)
        .or_else(|| first_field::<AgentVisits>(call))
        .or_else(|| first_field::<TeamVisits>(call))
        .or_else(|| first_field::<FlowVisits>(call));
    match first {
        Some(first) => prune_visit_fields(call, &[&first], schema),
        None => Ok(None),
    }
}

/// Returns the name of the first field of a visit, or `None` for other functions.
fn first_field<W: VisitExtractor>(call: &ScalarFunction) -> Option<String> {
    let visits = call.func.inner().downcast_ref::<Visits<W>>()?;
    visits.wanted.first().map(|field| field.name().clone())
}

fn prune_fields_of<W: VisitExtractor>(
    call: &ScalarFunction,
    named: &[&str],
    schema: &DFSchema,
) -> Result<Option<Expr>> {
    let Some(visits) = call.func.inner().downcast_ref::<Visits<W>>() else { return Ok(None) };
    let kept = visits.wanted.iter().filter(|field| named.contains(&field.name().as_str()));
    let wanted: Fields = kept.cloned().collect();
    if wanted.is_empty() || wanted.len() == visits.wanted.len() {
        return Ok(None);
    }
    let read = W::argument_types(&wanted);
    let args = call.args.iter().zip(read).map(|(arg, read)| prune_argument(arg, read, schema));
    let args = args.collect::<Result<Vec<_>>>()?;
    Ok(Some(ScalarUDF::from(Visits::<W>::with_fields(wanted)).call(args)))
}

/// Casts `arg` to the type `read`, or replaces it with null if it is not read.
fn prune_argument(arg: &Expr, read: DataType, schema: &DFSchema) -> Result<Expr> {
    if read.is_null() {
        return Ok(lit(ScalarValue::Null));
    }
    // An earlier cast may keep more fields.
    let arg = match arg {
        Expr::Cast(cast) if requires_nested_struct_cast(&cast.expr.get_type(schema)?, &read) => &cast.expr,
        arg => arg,
    };
    let given = arg.get_type(schema)?;
    Ok(if given != read && requires_nested_struct_cast(&given, &read) {
        Expr::Cast(Cast::new(Box::new(arg.clone()), read))
    } else {
        arg.clone()
    })
}
