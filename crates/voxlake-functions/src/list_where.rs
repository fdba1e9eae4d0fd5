//! `list_where(list, condition)`: nulls the lists of rows that do not meet a condition, without a
//! copy.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, ListArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// `list_where(list, condition) -> list`: null if the condition is not true. The entries of nulled
/// lists stay in the values array, which Arrow allows.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ListWhere {
    signature: Signature,
}

/// Builds the expression `list_where(list, condition)`.
pub fn list_where(list: Expr, condition: Expr) -> Expr {
    function().call(vec![list, condition])
}

/// Returns the function.
pub(crate) fn function() -> ScalarUDF {
    ScalarUDF::from(ListWhere { signature: Signature::any(2, Volatility::Immutable) })
}

impl ScalarUDFImpl for ListWhere {
    fn name(&self) -> &'static str {
        "list_where"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given {
            [list @ DataType::List(_), DataType::Boolean] => Ok(list.clone()),
            _ => plan_err!("list_where takes a list and a condition, not {given:?}"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [lists, condition] = args.args.as_slice() else {
            return plan_err!("list_where takes a list and a condition");
        };
        let (lists, condition) = (lists.to_array(args.number_rows)?, condition.to_array(args.number_rows)?);
        let (lists, condition) = (lists.as_list::<i32>(), condition.as_boolean());
        let holds = match condition.nulls() {
            Some(known) => condition.values() & known.inner(),
            None => condition.values().clone(),
        };
        let nulls = NullBuffer::union(lists.nulls(), Some(&NullBuffer::new(holds)));
        let DataType::List(item) = lists.data_type() else {
            return plan_err!("list_where takes a list");
        };
        let masked =
            ListArray::try_new(Arc::clone(item), lists.offsets().clone(), Arc::clone(lists.values()), nulls)?;
        Ok(ColumnarValue::Array(Arc::new(masked)))
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{BooleanArray, Int32Array, RecordBatch};
    use datafusion::arrow::datatypes::{Int32Type, Schema};
    use datafusion::common::ToDFSchema;
    use datafusion::execution::context::SessionContext;
    use datafusion::logical_expr::col;

    use super::*;

    #[test]
    fn lists_are_null_unless_condition_is_true() {
        let lists =
            [Some(vec![Some(1), Some(2)]), Some(vec![Some(3)]), None, Some(vec![]), Some(vec![Some(4)])];
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
        let condition = BooleanArray::from(vec![Some(true), Some(false), Some(true), Some(true), None]);
        let batch = RecordBatch::try_from_iter([
            ("list", Arc::new(lists) as Arc<dyn Array>),
            ("condition", Arc::new(condition) as Arc<dyn Array>),
        ])
        .unwrap();
        let schema = Schema::clone(&batch.schema()).to_dfschema().unwrap();
        let call = list_where(col("list"), col("condition"));
        let call = SessionContext::new().create_physical_expr(call, &schema).unwrap();
        // A slice whose offsets do not start at zero.
        let masked = call.evaluate(&batch.slice(1, 4)).unwrap().into_array(4).unwrap();
        assert_eq!(
            masked.as_list::<i32>().iter().map(|list| list.map(|list| list.len())).collect::<Vec<_>>(),
            [None, None, Some(0), None]
        );
        let masked = call.evaluate(&batch).unwrap().into_array(5).unwrap();
        let first = masked.as_list::<i32>().value(0);
        assert_eq!(first.as_any().downcast_ref::<Int32Array>().unwrap().values(), &[1, 2]);
        assert_eq!(masked.null_count(), 3);
    }
}
