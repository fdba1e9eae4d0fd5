//! `cardinality(list)` and `array_length(list)`, from the list's offsets alone.
//!
//! The engine's own make an array of each row's entries to ask its length: for the queues of ten
//! million calls twice the time of unnesting and counting them. And they read all that a list holds,
//! where any one field of its entries tells how many there are.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, ExprSchema as _, Result};
use datafusion::functions_nested::cardinality::cardinality_udf;
use datafusion::functions_nested::length::array_length_udf;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    Cast, ColumnarValue, Documentation, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use super::visits;

/// One of the engine's functions that count the entries of a list, and does it faster where the list is
/// of no lists; with any other arguments it is that function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ListLength {
    engines_own: Arc<ScalarUDF>,
}

impl ListLength {
    /// `cardinality(list)`.
    pub fn cardinality() -> Self {
        Self { engines_own: cardinality_udf() }
    }

    /// `array_length(list)` and `list_length(list)`.
    pub fn array_length() -> Self {
        Self { engines_own: array_length_udf() }
    }

    fn call(&self, args: Vec<Expr>) -> Expr {
        ScalarUDF::from(Self { engines_own: Arc::clone(&self.engines_own) }).call(args)
    }
}

impl ScalarUDFImpl for ListLength {
    fn name(&self) -> &str {
        self.engines_own.name()
    }

    fn aliases(&self) -> &[String] {
        self.engines_own.aliases()
    }

    fn signature(&self) -> &Signature {
        self.engines_own.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.engines_own.return_type(given)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.engines_own.documentation()
    }

    fn simplify(&self, mut args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        if let [Expr::ScalarFunction(visits)] = args.as_slice()
            && let Some(fewer) = visits::counted(visits, info.schema())?
        {
            return Ok(ExprSimplifyResult::Simplified(self.call(vec![fewer])));
        }
        if let [Expr::Column(column)] = args.as_slice()
            && let Some(narrowest) = narrowest(info.schema().data_type(column)?)
        {
            args = args
                .into_iter()
                .map(|list| Expr::Cast(Cast::new(Box::new(list), narrowest.clone())))
                .collect();
            return Ok(ExprSimplifyResult::Simplified(self.call(args)));
        }
        Ok(ExprSimplifyResult::Original(args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let [ColumnarValue::Array(lists)] = args.args.as_slice()
            && let DataType::List(item) = lists.data_type()
            && !is_list(item.data_type())
        {
            let lists = lists.as_list::<i32>();
            let lengths = lists.offsets().lengths().map(|length| length as u64);
            let lengths = UInt64Array::new(lengths.collect(), lists.nulls().cloned());
            return Ok(ColumnarValue::Array(Arc::new(lengths)));
        }
        self.engines_own.invoke_with_args(args)
    }
}

fn is_list(of: &DataType) -> bool {
    matches!(
        of,
        DataType::List(_)
            | DataType::LargeList(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::FixedSizeList(..)
    )
}

/// A list of structs of a single field, the cheapest to read; `None` for any other list, and for one that
/// is as narrow.
fn narrowest(list: &DataType) -> Option<DataType> {
    let DataType::List(item) = list else { return None };
    let DataType::Struct(fields) = item.data_type() else { return None };
    let cost = |field: &&FieldRef| match field.data_type() {
        DataType::Boolean => 0,
        primitive if primitive.is_primitive() => 1,
        DataType::Utf8 => 2,
        _ => 3,
    };
    let cheapest = fields.iter().min_by_key(cost).filter(|field| cost(field) < 3 && fields.len() > 1)?;
    let structs = DataType::Struct(Fields::from(vec![Arc::clone(cheapest)]));
    Some(DataType::List(Arc::new(Field::clone(item).with_data_type(structs))))
}

/// The column whose entries `expr` counts; `None` where it is something else.
pub fn is_length_of(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.inner().is::<ListLength>() => {
            match args.as_slice() {
                [Expr::Column(list)] => Some(list),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `expr` with the length of the list `column` taken of the same list cast to `wanted`: where that is
/// read anyway, no other field of it needs to be.
pub fn of_narrower(expr: Expr, column: &Column, wanted: &DataType) -> Result<Expr> {
    let is_column = |list: &Expr| match list {
        Expr::Column(counted) => counted == column,
        Expr::Cast(Cast { expr, .. }) => matches!(expr.as_ref(), Expr::Column(counted) if counted == column),
        _ => false,
    };
    let rewritten = expr.transform_up(|expr| match expr {
        Expr::ScalarFunction(ScalarFunction { func, args })
            if func.inner().is::<ListLength>() && matches!(args.as_slice(), [list] if is_column(list)) =>
        {
            let cast = Expr::Cast(Cast::new(Box::new(Expr::Column(column.clone())), wanted.clone()));
            Ok(Transformed::yes(Expr::ScalarFunction(ScalarFunction { func, args: vec![cast] })))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(rewritten.data)
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::*;
    use voxlake_query::test_lake::rows;

    #[tokio::test]
    async fn lengths_are_the_engines_own() {
        let lists = "(VALUES (1, [1, 2, 3]), (2, []), (3, NULL), (4, [NULL])) AS t (i, l)";
        let nested = "(VALUES (1, [[1, 2], [3]]), (2, [[], NULL]), (3, NULL)) AS t (i, l)";
        let structs = "(VALUES (1, [{a: 1, b: 'x'}, NULL]), (2, NULL)) AS t (i, l)";
        for table in [lists, nested, structs] {
            let sql = format!(
                "SELECT cardinality(l), array_length(l), list_length(l), array_length(l, 2) FROM {table} ORDER BY i"
            );
            let theirs = SessionContext::new();
            let ours = SessionContext::new();
            ours.register_udf(ListLength::cardinality().into());
            ours.register_udf(ListLength::array_length().into());
            let mut answers = Vec::new();
            for ctx in [theirs, ours] {
                answers.push(rows(&ctx.sql(&sql).await.unwrap().collect().await.unwrap()));
            }
            assert_eq!(answers[0], answers[1], "{table}");
        }
    }
}
