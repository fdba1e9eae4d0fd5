//! `is_text(texts, text)`: whether a text that is read as codes, or one in a list of those, is a given one.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, lit,
};

use crate::dictionary::coded_text;

/// `is_text(texts, text) -> boolean`: `texts = text` of codes, `array_has(texts, text)` of lists of codes. The engine's
/// own compare the text of each row; here those of the dictionary are compared, which are few.
#[derive(Debug, PartialEq, Eq, Hash)]
struct IsText {
    signature: Signature,
}

/// The expression `is_text(texts, text)`.
pub fn is_text(texts: Expr, text: &str) -> Expr {
    let function = IsText { signature: Signature::any(2, Volatility::Immutable) };
    ScalarUDF::from(function).call(vec![texts, lit(text)])
}

impl ScalarUDFImpl for IsText {
    fn name(&self) -> &'static str {
        "is_text"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        let coded = |of: &DataType| match of {
            DataType::List(item) => *item.data_type() == coded_text(),
            of => *of == coded_text(),
        };
        match given {
            [texts, DataType::Utf8] if coded(texts) => Ok(DataType::Boolean),
            _ => plan_err!("is_text takes texts as codes and a text, not {given:?}"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts, ColumnarValue::Scalar(ScalarValue::Utf8(Some(text)))] = args.args.as_slice() else {
            return plan_err!("is_text takes texts as codes and a constant text");
        };
        let texts = texts.to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(are(&texts, text)?)))
    }
}

fn are(texts: &ArrayRef, text: &str) -> Result<BooleanArray> {
    let Some(lists) = texts.as_list_opt::<i32>() else {
        let texts = texts.as_dictionary();
        return Ok(BooleanArray::new(places(texts, text)?, texts.logical_nulls()));
    };
    let places = places(lists.values().as_dictionary(), text)?;
    let offsets = lists.value_offsets();
    // Offsets of an Arrow list are never negative and never decrease.
    let place = |row: usize| usize::try_from(offsets[row]).unwrap_or(0);
    let have = BooleanBuffer::collect_bool(lists.len(), |row| {
        (place(row)..place(row + 1)).any(|at| places.value(at))
    });
    Ok(BooleanArray::new(have, lists.nulls().cloned()))
}

/// Where a text stands.
fn places(texts: &DictionaryArray<Int32Type>, text: &str) -> Result<BooleanBuffer> {
    let mut places = BooleanBuffer::new_unset(texts.len());
    // A text is in a dictionary once, if whoever wrote it did as one should.
    for (code, known) in (0..).zip(texts.values().as_string::<i32>()) {
        if known == Some(text) {
            let found = eq(texts.keys(), &Int32Array::new_scalar(code))?;
            let found = match found.nulls() {
                Some(valid) => found.values() & valid.inner(),
                None => found.values().clone(),
            };
            places = &places | &found;
        }
    }
    Ok(places)
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
        fn codes_are_compared_as_their_texts_are(
            lists in prop::collection::vec(
                (any::<bool>(), prop::collection::vec(prop::option::of(prop::sample::select(vec!["a", "b", "é"])), 0..4)),
                1..40,
            ),
            wanted in prop::sample::select(vec!["a", "é", "z"]),
            from in 0_usize..5,
        ) {
            let texts: StringArray = lists.iter().flat_map(|(_, list)| list.iter().copied()).collect();
            let texts = Arc::new(texts) as ArrayRef;
            let codes = cast(&texts, &coded_text()).unwrap();
            prop_assert_eq!(&evaluated(is_text(col("c"), wanted), &codes), &evaluated(col("c").eq(lit(wanted)), &texts));
            let lengths: Vec<_> = lists.iter().map(|(_, list)| list.len()).collect();
            let valid: Vec<_> = lists.iter().map(|(valid, _)| *valid).collect();
            let from = from.min(lists.len());
            // Of a part of the rows, whose offsets do not begin at zero.
            let part = |values| listed(values, &lengths, &valid).slice(from, lists.len() - from);
            prop_assert_eq!(
                &evaluated(is_text(col("c"), wanted), &part(codes)),
                &evaluated(array_has(col("c"), lit(wanted)), &part(texts))
            );
        }
    }
}
