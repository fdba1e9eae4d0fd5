//! `result_class(result)`: the class of a `result` value, as the table `result_classes` maps it.
//!
//! A function rather than a join, so that a query which never asks for the class does not pay for
//! it, and a class of NULL and of values yet unknown comes for free. The mapping itself stays in
//! SQL, where it can be read and overridden.

use std::collections::BTreeMap;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{HashMap, Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use super::coerce_to;

/// `result_class(text) -> text`, never null.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ResultClasses {
    class_of: BTreeMap<String, String>,
    signature: Signature,
}

impl ResultClasses {
    /// The class of NULL and of every value that the mapping does not list.
    pub const UNCLASSIFIED: &'static str = "unclassified";

    /// The function for a mapping of `result` values to their classes.
    #[must_use]
    pub fn new(class_of: BTreeMap<String, String>) -> Self {
        Self { class_of, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// The classes of all `results`: each is looked up by its hash, and taken by its place.
    fn classes(&self, results: &StringArray) -> Result<ArrayRef> {
        let classes = [Self::UNCLASSIFIED].into_iter().chain(self.class_of.values().map(String::as_str));
        let classes: StringArray = classes.map(Some).collect();
        let place_of: HashMap<&str, u32> = self.class_of.keys().map(String::as_str).zip(1..).collect();
        let place = |result: Option<&str>| result.and_then(|result| place_of.get(result)).map_or(0, |at| *at);
        let places = UInt32Array::from_iter_values(results.iter().map(place));
        Ok(take(&classes, &places, None)?)
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
        Ok(ColumnarValue::Array(self.classes(results.as_string::<i32>())?))
    }
}
