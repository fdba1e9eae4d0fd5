//! Division of an amount into equal shares, exact to the millionth.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, Decimal128Array, ListArray};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Int64Type};
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use voxlake_model::schema::money_type;

use crate::lists::list_of;

/// Maximum shares per batch. More would be a mistake and exhaust the memory.
const MAX_SHARES: usize = 1 << 26;

/// Divides `amount` into `parts` equal shares. The first shares get the remainder, one unit each.
///
/// Yields nothing for 0 parts. A negative amount yields negative shares: −7 in 3 is −3, −2, −2.
pub fn equal_shares(amount: i128, parts: usize) -> impl Iterator<Item = i128> {
    // A list length always fits into 128 bits.
    let divisor = i128::try_from(parts).unwrap_or(i128::MAX).max(1);
    let (share, remainder) = (amount / divisor, amount % divisor);
    (0..i128::try_from(parts).unwrap_or(0))
        .map(move |part| if part < remainder.abs() { share + remainder.signum() } else { share })
}

/// `equal_shares(amount, parts) -> list of amounts`: `parts` amounts with the exact sum `amount`.
/// Null if an argument is null or `parts` is negative.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct EqualShares {
    signature: Signature,
}

impl Default for EqualShares {
    fn default() -> Self {
        let of = |parts| TypeSignature::Exact(vec![money_type(), parts]);
        let any = TypeSignature::OneOf(vec![of(DataType::UInt64), of(DataType::Int64)]);
        Self { signature: Signature::new(any, Volatility::Immutable) }
    }
}

/// Returns the arguments of `expr` if it is a call of `equal_shares`.
pub fn equal_shares_args(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.inner().is::<EqualShares>() => Some(args),
        _ => None,
    }
}

impl ScalarUDFImpl for EqualShares {
    fn name(&self) -> &'static str {
        "equal_shares"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(money_type()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [amounts, parts] = args.args.as_slice() else {
            return plan_err!("equal_shares takes an amount and a number of parts");
        };
        let (amounts, parts) = (amounts.to_array(args.number_rows)?, parts.to_array(args.number_rows)?);
        let amounts = amounts.as_primitive::<Decimal128Type>();
        // Counts above the range of 64 bits become null; their shares would not fit into memory.
        let parts = cast(&parts, &DataType::Int64)?;
        let parts = parts.as_primitive::<Int64Type>();
        let (mut shares, mut lengths) =
            (Vec::with_capacity(amounts.len()), Vec::with_capacity(amounts.len()));
        let mut known = Vec::with_capacity(amounts.len());
        for row in 0..amounts.len() {
            let given = amounts.is_valid(row) && parts.is_valid(row);
            let parts = if given { usize::try_from(parts.value(row)).ok() } else { None };
            known.push(parts.is_some());
            let length = parts.unwrap_or(0);
            if shares.len().saturating_add(length) > MAX_SHARES {
                let row = amounts.len();
                return Err(exec_datafusion_err!(
                    "equal_shares of {row} amounts exceeds {MAX_SHARES} shares"
                ));
            }
            lengths.push(length);
            match length {
                0 => {}
                1 => shares.push(amounts.value(row)),
                parts => shares.extend(equal_shares(amounts.value(row), parts)),
            }
        }
        let shares = Decimal128Array::from(shares).with_data_type(money_type());
        let item = Arc::new(Field::new_list_field(money_type(), true));
        let lists = ListArray::try_new(
            item,
            OffsetBuffer::from_lengths(lengths),
            Arc::new(shares),
            Some(NullBuffer::from(known)),
        )?;
        Ok(ColumnarValue::Array(Arc::new(lists)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::equal_shares;
    use voxlake_query::test_lake::TestLake;

    #[tokio::test]
    async fn sql_shares_sum_to_the_amount() {
        let sql = "SELECT equal_shares(CAST(a AS DECIMAL(18, 6)), n)
                   FROM (VALUES ('0.000007', 3), ('-0.000001', 2), ('1.5', 0), (NULL, 2), ('1', NULL), ('1', -1)) AS v (a, n)";
        assert_eq!(
            TestLake::empty().sql(sql).await,
            ["[0.000003, 0.000002, 0.000002]", "[-0.000001, 0.000000]", "[]", "NULL", "NULL", "NULL"]
        );
        let counted = "SELECT equal_shares(CAST(1 AS DECIMAL(18, 6)), cardinality(['a', 'b']))";
        assert_eq!(TestLake::empty().sql(counted).await, ["[0.500000, 0.500000]"]);
        let session = TestLake::empty().session().await;
        let many = "SELECT equal_shares(CAST(1 AS DECIMAL(18, 6)), 9223372036854775807)";
        let error = match session.sql(many).await {
            Ok(answer) => answer.collect().await.unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains("equal_shares of 1 amounts"), "{error}");
    }

    fn shares(amount: i128, parts: usize) -> Vec<i128> {
        equal_shares(amount, parts).collect()
    }

    #[test]
    fn first_shares_get_the_remainder() {
        assert_eq!(shares(7, 3), [3, 2, 2]);
        assert_eq!(shares(8, 3), [3, 3, 2]);
        assert_eq!(shares(9, 3), [3, 3, 3]);
        assert_eq!(shares(1, 3), [1, 0, 0]);
        assert_eq!(shares(5, 1), [5]);
        assert_eq!(shares(5, 0), []);
    }

    #[test]
    fn negative_amounts_yield_negative_shares() {
        assert_eq!(shares(-7, 3), [-3, -2, -2]);
        assert_eq!(shares(-1, 2), [-1, 0]);
    }

    proptest! {
        #[test]
        fn shares_sum_to_the_amount(amount: i64, parts in 1_usize..50) {
            let shares = shares(i128::from(amount), parts);
            prop_assert_eq!(shares.iter().sum::<i128>(), i128::from(amount));
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            prop_assert!(most - least <= 1);
        }
    }
}
