//! `nonblank(text)`: null for empty and blank texts.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

use crate::arguments::coerce_arguments;

/// `nonblank(text) -> text`: the text unchanged; null if it is empty or white space.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Nonblank {
    signature: Signature,
}

impl Default for Nonblank {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Nonblank {
    fn name(&self) -> &'static str {
        "nonblank"
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
        let [texts] = args.args.as_slice() else { return exec_err!("nonblank takes 1 argument") };
        let texts = texts.to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(nonblank(&texts)))
    }
}

fn nonblank(texts: &ArrayRef) -> ArrayRef {
    let column = texts.as_string::<i32>();
    let is_blank = |text: &str| text.trim().is_empty();
    if !column.iter().flatten().any(is_blank) {
        return Arc::clone(texts);
    }
    Arc::new(column.iter().map(|text| text.filter(|text| !is_blank(text))).collect::<StringArray>())
}

#[cfg(test)]
mod tests {
    use voxlake_query::test_lake::TestLake;

    #[tokio::test]
    async fn blank_texts_are_null() {
        let sql = "SELECT nonblank(column1) FROM (VALUES ('a'), (' b '), (''), (E' \\t'), (NULL)) AS v";
        assert_eq!(TestLake::empty().sql(sql).await, ["a", " b ", "NULL", "NULL", "NULL"]);
        let sql = "SELECT nonblank(column1) FROM (VALUES ('a'), (NULL)) AS v";
        assert_eq!(TestLake::empty().sql(sql).await, ["a", "NULL"]);
    }
}
