//! `leg_totals(voice_call_details)`: number, charges and durations of a call's legs.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int64Array, ListArray, StructArray,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Fields, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::schema::money_type;

use crate::arguments::{argument_arrays, coerce_arguments, prune_arguments};
use crate::lists::{child_column, entry_range, list_of};

/// `leg_totals(voice_call_details) -> struct`, never null.
///
/// | field | meaning |
/// | --- | --- |
/// | legs | number of legs |
/// | charged | number of legs with a charge |
/// | shortest, longest | shortest and longest known duration of a leg in s; null if unknown |
/// | seconds | sum of the known durations in s, as decimal(38, 0); null if unknown |
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct LegTotals {
    signature: Signature,
}

impl Default for LegTotals {
    fn default() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for LegTotals {
    fn name(&self) -> &'static str {
        "leg_totals"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(self.name(), given, &argument_types())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        prune_arguments(Self::default(), args, &argument_types(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = argument_arrays(&args.args, &argument_types(), args.number_rows)?;
        let [legs] = columns.as_slice() else { return exec_err!("leg_totals takes 1 argument") };
        Ok(ColumnarValue::Array(Arc::new(sum_legs(legs.as_list())?)))
    }
}

fn sum_legs(legs: &ListArray) -> Result<StructArray> {
    let values = legs.values().as_struct();
    let charges = child_column(values, "charge_amount")?.as_primitive::<Decimal128Type>();
    let durations = child_column(values, "total_duration")?.as_primitive::<Int64Type>();
    let (mut counts, mut charged) = (Vec::with_capacity(legs.len()), Vec::with_capacity(legs.len()));
    let (mut shortest, mut longest, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..legs.len() {
        let legs = entry_range(legs, row).filter(|leg| values.is_valid(*leg));
        let of_row = || legs.clone().filter(|leg| durations.is_valid(*leg)).map(|leg| durations.value(leg));
        counts.push(i64::try_from(legs.clone().count()).unwrap_or(i64::MAX));
        charged.push(
            i64::try_from(legs.clone().filter(|leg| charges.is_valid(*leg)).count()).unwrap_or(i64::MAX),
        );
        shortest.push(of_row().min());
        longest.push(of_row().max());
        // A list has at most 2^31 entries of 64 bits, so 128 bits suffice.
        seconds.push(of_row().map(i128::from).reduce(|sum, more| sum + more));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(counts)),
        Arc::new(Int64Array::from(charged)),
        Arc::new(Int64Array::from(shortest)),
        Arc::new(Int64Array::from(longest)),
        Arc::new(Decimal128Array::from(seconds).with_data_type(seconds_type())),
    ];
    Ok(StructArray::try_new(fields(), columns, None)?)
}

/// Returns the type of the sum of durations: integers of up to 38 digits.
fn seconds_type() -> DataType {
    DataType::Decimal128(38, 0)
}

fn fields() -> Fields {
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let numbers = ["legs", "charged", "shortest", "longest"].map(number);
    numbers.into_iter().chain([Field::new("seconds", seconds_type(), true)]).collect()
}

/// Returns the argument type with the fields that are read.
fn argument_types() -> [DataType; 1] {
    let leg = [
        Field::new("total_duration", DataType::Int64, true),
        Field::new("charge_amount", money_type(), true),
    ];
    [list_of(DataType::Struct(leg.into_iter().collect()))]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn legs_are_counted_and_summed() {
        let at = "2026-11-01T08:00:00Z";
        let max = i64::MAX;
        let legs = json!([{"total_duration": max, "charge": "$1"}, {"total_duration": -2, "charge": "much"}, {"total_duration": max}, {}]);
        let lake = TestLake::with_calls([
            call("a", at, json!({"voice_call_details": legs})),
            call("b", at, json!({})),
        ]);
        let sql = "SELECT t['legs'], t['charged'], t['shortest'], t['longest'], t['seconds']
                   FROM (SELECT engagement_id, leg_totals(voice_call_details) AS t FROM voice_calls) AS v ORDER BY engagement_id";
        let sum = 2 * i128::from(max) - 2;
        assert_eq!(
            lake.sql(sql).await,
            [format!("4 | 1 | -2 | {max} | {sum}"), "0 | 0 | NULL | NULL | NULL".to_owned()]
        );
    }
}
