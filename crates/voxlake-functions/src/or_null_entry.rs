//! `or_null_entry(list)`: a list that `unnest` turns into at least one row.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayBuilder as _, AsArray, ListArray, UInt32Array, UInt32Builder};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// `or_null_entry(list) -> list`: the list, or a list with a single null if it is empty. Null for
/// null.
///
/// With CASE, DataFusion would split the lists into empty and other ones and concatenate them entry
/// by entry. That took a third of the time of building summaries.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct OrNullEntry {
    signature: Signature,
}

impl Default for OrNullEntry {
    fn default() -> Self {
        Self { signature: Signature::any(1, Volatility::Immutable) }
    }
}

/// Returns the argument of `expr` if it is a call of `or_null_entry`.
pub fn or_null_entry_arg(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.inner().is::<OrNullEntry>() => {
            args.first()
        }
        _ => None,
    }
}

/// Builds the expression `or_null_entry(list)`.
pub fn or_null_entry(list: Expr) -> Expr {
    ScalarUDF::from(OrNullEntry::default()).call(vec![list])
}

impl ScalarUDFImpl for OrNullEntry {
    fn name(&self) -> &'static str {
        "or_null_entry"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        match given {
            [DataType::List(item)] => Ok(DataType::List(Arc::new(Field::clone(item).with_nullable(true)))),
            _ => plan_err!("or_null_entry takes a list, not {given:?}"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [lists] = args.args.as_slice() else { return plan_err!("or_null_entry takes a list") };
        let lists = lists.to_array(args.number_rows)?;
        let lists = lists.as_list::<i32>();
        let DataType::List(item) = self.return_type(&[lists.data_type().clone()])? else {
            return plan_err!("or_null_entry takes a list");
        };
        let (offsets, values) = match with_null_entries(lists) {
            Some((lengths, entries)) => {
                (OffsetBuffer::from_lengths(lengths), take(lists.values(), &entries, None)?)
            }
            None => (lists.offsets().clone(), Arc::clone(lists.values())),
        };
        let lists = ListArray::try_new(item, offsets, values, lists.nulls().cloned())?;
        Ok(ColumnarValue::Array(Arc::new(lists)))
    }
}

/// Returns the lengths of the padded lists, and the indices of their entries among those of
/// `lists`. Returns `None` if no list is empty.
fn with_null_entries(lists: &ListArray) -> Option<(Vec<usize>, UInt32Array)> {
    let is_empty = |row: usize| lists.is_valid(row) && lists.value_length(row) == 0;
    if !(0..lists.len()).any(is_empty) {
        return None;
    }
    let mut lengths = Vec::with_capacity(lists.len());
    // A slice of a batch uses only some of the values.
    let own: usize = lists.offsets().lengths().sum();
    let mut entries = UInt32Builder::with_capacity(own + lists.len());
    for (row, bounds) in lists.offsets().windows(2).enumerate() {
        let before = entries.len();
        if is_empty(row) {
            entries.append_null();
        } else if lists.is_valid(row) {
            // Offsets are never negative.
            (bounds[0]..bounds[1]).for_each(|entry| entries.append_value(entry.unsigned_abs()));
        }
        lengths.push(entries.len() - before);
    }
    Some((lengths, entries.finish()))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{AsArray as _, ListArray};
    use datafusion::arrow::datatypes::Int32Type;

    use super::with_null_entries;
    use voxlake_query::test_lake::TestLake;

    #[tokio::test]
    async fn empty_lists_get_one_null_entry() {
        let rows = TestLake::empty()
            .sql(
                "SELECT n, unnest(or_null_entry(list)) AS entry
                 FROM (VALUES (1, [7, 8]), (2, []), (3, NULL), (4, [NULL]), (5, [9])) AS v (n, list)",
            )
            .await;
        assert_eq!(rows, ["1 | 7", "1 | 8", "2 | NULL", "4 | NULL", "5 | 9"]);
        let rows = TestLake::empty()
            .sql("SELECT or_null_entry(list) FROM (VALUES ([{'a': 1}]), ([])) AS v (list)")
            .await;
        assert_eq!(rows, ["[{a: 1}]", "[NULL]"]);
    }

    #[test]
    fn lists_without_empty_ones_are_not_copied() {
        let lists = [Some(vec![Some(1)]), None, Some(vec![]), Some(vec![Some(2), None])];
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
        assert!(with_null_entries(&lists.slice(0, 2)).is_none());
        let (lengths, entries) = with_null_entries(&lists.slice(1, 3)).unwrap();
        assert_eq!(lengths, [0, 1, 2]);
        assert_eq!(entries.iter().collect::<Vec<_>>(), [None, Some(1), Some(2)]);
        assert_eq!(lists.values().as_primitive::<Int32Type>().len(), 3);
    }

    #[tokio::test]
    async fn other_types_are_refused() {
        let session = TestLake::empty().session().await;
        let error = session.sql("SELECT or_null_entry(1)").await.err().unwrap().to_string();
        assert!(error.contains("or_null_entry takes a list"), "{error}");
    }
}
