//! Functions that are rebuilt, and functions that are refused.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_window::lead_lag::lag_udwf;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use voxlake_functions::ResultClasses;

use super::*;

#[test]
fn every_known_function_is_rebuilt() {
    let functions = Functions::new();
    for function in functions.known_scalars.iter().chain(functions.scalars.values()) {
        let bytes = functions.encode_scalar(function).unwrap();
        assert_eq!(functions.decode_scalar(function.name(), &bytes).unwrap(), *function);
    }
    for function in functions.known_aggregates.iter().chain(functions.aggregates.values()) {
        let bytes = functions.encode_aggregate(function).unwrap();
        assert_eq!(functions.decode_aggregate(function.name(), &bytes).unwrap(), *function);
    }
    for function in functions.windows.values() {
        let bytes = functions.encode_window(function).unwrap();
        assert_eq!(functions.decode_window(function.name(), &bytes).unwrap(), *function);
    }
}

/// `sum` of a corrected plan is another function than DataFusion's.
#[test]
fn functions_of_one_name_differ() {
    let functions = Functions::new();
    let exact = functions.known_aggregates.iter().find(|function| function.name() == "sum").unwrap();
    assert_ne!(**exact, *sum_udaf());
    assert_ne!(functions.encode_aggregate(exact).unwrap(), functions.encode_aggregate(&sum_udaf()).unwrap());
    let nullable: Vec<_> =
        functions.known_scalars.iter().filter(|function| function.name() == "nullable").collect();
    assert_eq!(nullable.len(), 2);
    assert_ne!(nullable[0], nullable[1]);
}

#[test]
fn corrections_wrap_their_function() {
    let functions = Functions::new();
    let fixed = corrections::wrap_window(lag_udwf());
    let bytes = functions.encode_window(&fixed).unwrap();
    assert_eq!(*functions.decode_window("lag", &bytes).unwrap(), fixed);
    let sliding = corrections::wrap_aggregate(sum_udaf());
    let bytes = functions.encode_aggregate(&sliding).unwrap();
    assert_eq!(*functions.decode_aggregate("sum", &bytes).unwrap(), sliding);
}

#[test]
fn classes_of_the_user_travel() {
    let functions = Functions::new();
    let classes = ResultClasses::new([("brand_new".to_owned(), "handled".to_owned())].into());
    let classes = ScalarUDF::from(classes);
    let bytes = functions.encode_scalar(&classes).unwrap();
    assert_eq!(*functions.decode_scalar("result_class", &bytes).unwrap(), classes);
}

/// Function with the name of a known one.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OtherAbs(Signature);

impl ScalarUDFImpl for OtherAbs {
    fn name(&self) -> &'static str {
        "abs"
    }

    fn signature(&self) -> &Signature {
        &self.0
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn invoke_with_args(&self, _: ScalarFunctionArgs) -> Result<ColumnarValue> {
        unimplemented!()
    }
}

#[test]
fn unknown_functions_are_refused_by_name() {
    let other = ScalarUDF::from(OtherAbs(Signature::any(1, Volatility::Immutable)));
    let error = Functions::new().encode_scalar(&other).unwrap_err();
    assert_eq!(error.to_string(), "the cluster cannot run the function abs: its state cannot be sent");
    assert!(Functions::new().decode_scalar("no_such", b"\"DataFusion\"").is_err());
    assert!(Functions::new().decode_scalar("abs", b"nonsense").is_err());
}
