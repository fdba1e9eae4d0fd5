//! Coercion and projection of function arguments.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::compute::CastOptions;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::nested_struct::{cast_column, requires_nested_struct_cast};
use datafusion::common::{DFSchema, Result, plan_err};
use datafusion::logical_expr::simplify::ExprSimplifyResult;
use datafusion::logical_expr::{Cast, ColumnarValue, Expr, ExprSchemable as _, ScalarUDF, ScalarUDFImpl};

/// Coerces the argument types `given` to `wanted`. A list of structs with other fields stays as it
/// is given: [`prune_arguments`] casts it later, which DataFusion's own coercion does not support.
pub(crate) fn coerce_arguments(
    function: &str,
    given: &[DataType],
    wanted: &[DataType],
) -> Result<Vec<DataType>> {
    if given.len() != wanted.len() {
        return plan_err!("{function} takes {} arguments, {} were given", wanted.len(), given.len());
    }
    let coerced = given.iter().zip(wanted).map(|(given, wanted)| {
        if requires_nested_struct_cast(given, wanted) { given.clone() } else { wanted.clone() }
    });
    Ok(coerced.collect())
}

/// Builds a call of `function` whose list arguments are cast to the fields that it reads, so that
/// the Parquet reader skips all other fields. Returns the arguments unchanged if there is nothing
/// to cast.
pub(crate) fn prune_arguments(
    function: impl ScalarUDFImpl + 'static,
    args: Vec<Expr>,
    wanted: &[DataType],
    schema: &DFSchema,
) -> Result<ExprSimplifyResult> {
    let mut pruned = false;
    let args = args
        .into_iter()
        .zip(wanted)
        .map(|(arg, wanted)| {
            let given = arg.get_type(schema)?;
            if given == *wanted || !requires_nested_struct_cast(&given, wanted) {
                return Ok(arg);
            }
            pruned = true;
            Ok(Expr::Cast(Cast::new(Box::new(arg), wanted.clone())))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(if pruned {
        ExprSimplifyResult::Simplified(ScalarUDF::from(function).call(args))
    } else {
        ExprSimplifyResult::Original(args)
    })
}

/// Converts the arguments into arrays of `rows` rows and the types `wanted`.
pub(crate) fn argument_arrays(
    args: &[ColumnarValue],
    wanted: &[DataType],
    rows: usize,
) -> Result<Vec<ArrayRef>> {
    args.iter()
        .zip(wanted)
        .map(|(arg, wanted)| {
            let array = arg.to_array(rows)?;
            if array.data_type() == wanted {
                return Ok(array);
            }
            cast_column(&array, wanted, &CastOptions::default())
        })
        .collect()
}
