//! `result_class(result)`: the class of a `result` value, as the table `result_classes` maps it.
//!
//! A function rather than a join, so that a query which never asks for the class does not pay for
//! it, and a class of NULL and of values yet unknown comes for free. The mapping itself stays in
//! SQL, where it can be read and overridden.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::coerce_to;

/// `result_class(text) -> text`, never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct ResultClasses {
    class_of: BTreeMap<String, String>,
    signature: Signature,
}

impl ResultClasses {
    /// The class of NULL and of every value that the mapping does not list.
    pub(crate) const UNCLASSIFIED: &'static str = "unclassified";

    /// The function for a mapping of `result` values to their classes.
    pub(crate) fn new(class_of: BTreeMap<String, String>) -> Self {
        Self { class_of, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn class(&self, result: Option<&str>) -> &str {
        result.and_then(|result| self.class_of.get(result)).map_or(Self::UNCLASSIFIED, String::as_str)
    }
}

impl ScalarUDFImpl for ResultClasses {
    fn name(&self) -> &'static str {
        "result_class"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &[DataType::Utf8])
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [results] = args.args.as_slice() else {
            return exec_err!("result_class takes 1 argument");
        };
        let results = results.to_array(args.number_rows)?;
        let results = results.as_string::<i32>();
        let classes: StringArray = results.iter().map(|result| Some(self.class(result))).collect();
        Ok(ColumnarValue::Array(Arc::new(classes) as ArrayRef))
    }
}
