//! `is_text(texts, text)`: comparison of dictionary-encoded texts, or lists of them, with a
//! constant.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};

use crate::dictionary::dictionary_text;

/// `is_text(texts, text) -> boolean`: `texts = text` for dictionaries, `array_has(texts, text)` for
/// lists of dictionaries.
///
/// DataFusion compares the text of each row. This function compares only the entries of the
/// dictionary.
#[derive(Debug, PartialEq, Eq, Hash)]
struct IsText {
    signature: Signature,
}

/// Builds the expression `is_text(texts, text)`.
pub fn is_text(texts: Expr, text: &str) -> Expr {
    function().call(vec![texts, lit(text)])
}

/// Returns the function.
pub(crate) fn function() -> ScalarUDF {
    ScalarUDF::from(IsText { signature: Signature::any(2, Volatility::Immutable) })
}

impl ScalarUDFImpl for IsText {
    fn name(&self) -> &'static str {
        "is_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        let is_dictionary = |of: &DataType| match of {
            DataType::List(item) => *item.data_type() == dictionary_text(),
            of => *of == dictionary_text(),
        };
        match given {
            [texts, DataType::Utf8] if is_dictionary(texts) => Ok(DataType::Boolean),
            _ => plan_err!("is_text takes dictionary-encoded texts and a text, not {given:?}"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, ColumnarValue::Scalar(ScalarValue::Utf8(Some(text)))] = args.args.as_slice() else {
            return plan_err!("is_text takes dictionary-encoded texts and a constant text");
        };
        let texts = texts.to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(equal_to_text(&texts, text)?)))
    }
}

fn equal_to_text(texts: &ArrayRef, text: &str) -> Result<BooleanArray> {
    let Some(lists) = texts.as_list_opt::<i32>() else {
        let texts = texts.as_dictionary();
        return Ok(BooleanArray::new(matching_rows(texts, text)?, texts.logical_nulls()));
    };
    let matches = matching_rows(lists.values().as_dictionary(), text)?;
    let offsets = lists.value_offsets();
    // Offsets of an Arrow list are never negative and never decrease.
    let index = |row: usize| usize::try_from(offsets[row]).unwrap_or(0);
    let has_match = BooleanBuffer::collect_bool(lists.len(), |row| {
        (index(row)..index(row + 1)).any(|at| matches.value(at))
    });
    Ok(BooleanArray::new(has_match, lists.nulls().cloned()))
}

/// Returns a mask of the rows with this text.
fn matching_rows(texts: &DictionaryArray<Int32Type>, text: &str) -> Result<BooleanBuffer> {
    let mut indices = BooleanBuffer::new_unset(texts.len());
    // A well-formed dictionary contains a text once, but this is not guaranteed.
    for (code, known) in (0..).zip(texts.values().as_string::<i32>()) {
        if known == Some(text) {
            let found = eq(texts.keys(), &Int32Array::new_scalar(code))?;
            let found = match found.nulls() {
                Some(valid) => found.values() & valid.inner(),
                None => found.values().clone(),
            };
            indices = &indices | &found;
        }
    }
    Ok(indices)
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ListArray, RecordBatch, StringArray};
    use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
    use datafusion::arrow::compute::cast;
    use datafusion::arrow::datatypes::{Field, Schema};
    use datafusion::common::ToDFSchema as _;
    use datafusion::functions_nested::expr_fn::array_has;
    use datafusion::logical_expr::col;
    use datafusion::prelude::SessionContext;
    use proptest::prelude::*;

    use super::*;

    fn evaluated(expr: Expr, column: &ArrayRef) -> ArrayRef {
        let batch = RecordBatch::try_from_iter([("c", Arc::clone(column))]).unwrap();
        let schema = Schema::clone(&batch.schema()).to_dfschema().unwrap();
        let expr = SessionContext::new().create_physical_expr(expr, &schema).unwrap();
        expr.evaluate(&batch).unwrap().into_array(batch.num_rows()).unwrap()
    }

    fn listed(values: ArrayRef, lengths: &[usize], valid: &[bool]) -> ArrayRef {
        let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
        let valid = NullBuffer::from(valid.to_vec());
        Arc::new(ListArray::new(
            item,
            OffsetBuffer::from_lengths(lengths.iter().copied()),
            values,
            Some(valid),
        ))
    }

    proptest! {
        #[test]
        fn dictionaries_compare_like_texts(
            lists in prop::collection::vec(
                (any::<bool>(), prop::collection::vec(prop::option::of(prop::sample::select(vec!["a", "b", "é"])), 0..4)),
                1..40,
            ),
            wanted in prop::sample::select(vec!["a", "é", "z"]),
            from in 0_usize..5,
        ) {
            let texts: StringArray = lists.iter().flat_map(|(_, list)| list.iter().copied()).collect();
            let texts = Arc::new(texts) as ArrayRef;
            let codes = cast(&texts, &dictionary_text()).unwrap();
            prop_assert_eq!(&evaluated(is_text(col("c"), wanted), &codes), &evaluated(col("c").eq(lit(wanted)), &texts));
            let lengths: Vec<_> = lists.iter().map(|(_, list)| list.len()).collect();
            let valid: Vec<_> = lists.iter().map(|(valid, _)| *valid).collect();
            let from = from.min(lists.len());
            // A slice whose offsets do not start at zero.
            let part = |values| listed(values, &lengths, &valid).slice(from, lists.len() - from);
            prop_assert_eq!(
                &evaluated(is_text(col("c"), wanted), &part(codes)),
                &evaluated(array_has(col("c"), lit(wanted)), &part(texts))
            );
        }
    }
}
