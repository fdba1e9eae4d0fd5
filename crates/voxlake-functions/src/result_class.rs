//! `result_class(result)`: the class of a `result` value by the table `result_classes`.
//!
//! A function instead of a join: queries that do not use the class do not pay for it, and null and
//! unknown values get a class as well. The mapping itself stays in SQL, where users can read and
//! override it.

use std::collections::BTreeMap;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{HashMap, Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::arguments::coerce_arguments;

/// `result_class(text) -> text`, never null.
///
/// # Example
///
/// ```
/// use datafusion::logical_expr::ScalarUDF;
/// use voxlake_functions::ResultClasses;
///
/// let classes = [("completed".to_owned(), "answered".to_owned())].into();
/// let function = ScalarUDF::from(ResultClasses::new(classes));
/// assert_eq!(function.name(), "result_class");
/// ```
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ResultClasses {
    class_of: BTreeMap<String, String>,
    signature: Signature,
}

impl ResultClasses {
    /// Class of null and of values that the mapping does not contain.
    pub const UNCLASSIFIED: &'static str = "unclassified";

    /// Creates the function from a mapping of `result` values to classes.
    #[must_use]
    pub fn new(class_of: BTreeMap<String, String>) -> Self {
        Self { class_of, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// Mapping of `result` values to classes.
    pub(crate) fn class_of(&self) -> &BTreeMap<String, String> {
        &self.class_of
    }

    /// Returns the class of each of `results`.
    fn classes(&self, results: &StringArray) -> Result<ArrayRef> {
        let classes = [Self::UNCLASSIFIED].into_iter().chain(self.class_of.values().map(String::as_str));
        let classes: StringArray = classes.map(Some).collect();
        let place_of: HashMap<&str, u32> = self.class_of.keys().map(String::as_str).zip(1..).collect();
        let index = |result: Option<&str>| result.and_then(|result| place_of.get(result)).map_or(0, |at| *at);
        let indices = UInt32Array::from_iter_values(results.iter().map(index));
        Ok(take(&classes, &indices, None)?)
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
        coerce_arguments(self.name(), given, &[DataType::Utf8])
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [results] = args.args.as_slice() else {
            return exec_err!("result_class takes 1 argument");
        };
        let results = results.to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(self.classes(results.as_string::<i32>())?))
    }
}
