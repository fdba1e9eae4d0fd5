//! Functions that fail for an empty batch, which a filter below may produce.

use std::sync::Arc;

use datafusion::arrow::array::new_empty_array;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Returns `function` with an empty result for an empty batch.
pub(super) fn without_rows(function: Arc<ScalarUDF>) -> ScalarUDF {
    let signature = Signature::variadic_any(Volatility::Immutable);
    ScalarUDF::from(WithoutRows { inner: function, signature })
}

/// Returns whether `function` is one of [`without_rows`].
pub(super) fn is_without_rows(function: &ScalarUDF) -> bool {
    function.inner().is::<WithoutRows>()
}

/// Returns the function inside one of [`without_rows`].
pub(super) fn inner_function(function: &ScalarUDF) -> Option<&Arc<ScalarUDF>> {
    Some(&function.inner().downcast_ref::<WithoutRows>()?.inner)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct WithoutRows {
    inner: Arc<ScalarUDF>,
    signature: Signature,
}

impl ScalarUDFImpl for WithoutRows {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if args.number_rows == 0 {
            return Ok(ColumnarValue::Array(new_empty_array(args.return_field.data_type())));
        }
        self.inner.invoke_with_args(args)
    }
}
