//! `leg_totals(voice_call_details)`: what the legs of a call come to.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Decimal128Array, Int64Array, ListArray, StructArray,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, Fields, Int64Type};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::schema::money_type;

use super::{arrays, coerce_to, entries, list, narrow};

/// `leg_totals(voice_call_details) -> struct`, never null.
///
/// | field | meaning |
/// | --- | --- |
/// | legs | number of legs |
/// | charged | number of legs that have a charge |
/// | shortest, longest | the least and the greatest duration of a leg (s); null where none is known |
/// | seconds | sum of the known durations of legs (s), as a decimal that holds any; null where none is known |
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
        coerce_to(self.name(), given, &arguments())
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        narrow(Self::default(), args, &arguments(), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = arrays(&args.args, &arguments(), args.number_rows)?;
        let [legs] = columns.as_slice() else { return exec_err!("leg_totals takes 1 argument") };
        Ok(ColumnarValue::Array(Arc::new(totals(legs.as_list())?)))
    }
}

fn totals(legs: &ListArray) -> Result<StructArray> {
    let values = legs.values().as_struct();
    let column = |name: &str| {
        values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("leg_totals: no field {name}"))
    };
    let charges = column("charge_amount")?.as_primitive::<Decimal128Type>();
    let durations = column("total_duration")?.as_primitive::<Int64Type>();
    let (mut counts, mut charged) = (Vec::with_capacity(legs.len()), Vec::with_capacity(legs.len()));
    let (mut shortest, mut longest, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..legs.len() {
        let legs = entries(legs, row).filter(|leg| values.is_valid(*leg));
        let of_row = || legs.clone().filter(|leg| durations.is_valid(*leg)).map(|leg| durations.value(leg));
        counts.push(i64::try_from(legs.clone().count()).unwrap_or(i64::MAX));
        charged.push(
            i64::try_from(legs.clone().filter(|leg| charges.is_valid(*leg)).count()).unwrap_or(i64::MAX),
        );
        shortest.push(of_row().min());
        longest.push(of_row().max());
        // No list is long enough for a sum beyond 128 bits.
        seconds.push(of_row().map(i128::from).reduce(|sum, more| sum + more));
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(counts)),
        Arc::new(Int64Array::from(charged)),
        Arc::new(Int64Array::from(shortest)),
        Arc::new(Int64Array::from(longest)),
        Arc::new(Decimal128Array::from(seconds).with_data_type(whole())),
    ];
    Ok(StructArray::try_new(fields(), columns, None)?)
}

/// Whole numbers of up to 38 digits.
fn whole() -> DataType {
    DataType::Decimal128(38, 0)
}

fn fields() -> Fields {
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    let numbers = ["legs", "charged", "shortest", "longest"].map(number);
    numbers.into_iter().chain([Field::new("seconds", whole(), true)]).collect()
}

/// The type of the argument, with no more fields than are read.
fn arguments() -> [DataType; 1] {
    let leg = [
        Field::new("total_duration", DataType::Int64, true),
        Field::new("charge_amount", money_type(), true),
    ];
    [list(DataType::Struct(leg.into_iter().collect()))]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use voxlake_query::test_lake::{TestLake, call};

    #[tokio::test]
    async fn legs_are_counted_and_their_durations_added_up() {
        let at = "2026-11-01T08:00:00Z";
        let max = i64::MAX;
        let legs = json!([{"total_duration": max, "charge": "$1"}, {"total_duration": -2, "charge": "much"}, {"total_duration": max}, {}]);
        let lake =
            TestLake::of([call("a", at, json!({"voice_call_details": legs})), call("b", at, json!({}))]);
        let sql = "SELECT t['legs'], t['charged'], t['shortest'], t['longest'], t['seconds']
                   FROM (SELECT engagement_id, leg_totals(voice_call_details) AS t FROM voice_calls) AS v ORDER BY engagement_id";
        let sum = 2 * i128::from(max) - 2;
        assert_eq!(
            lake.sql(sql).await,
            [format!("4 | 1 | -2 | {max} | {sum}"), "0 | 0 | NULL | NULL | NULL".to_owned()]
        );
    }
}
