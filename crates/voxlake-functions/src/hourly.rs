//! `date_part` and `date_trunc` of instants in UTC, asked once for each hour that comes after another.
//!
//! The engine's own take each instant apart by the calendar and by the rules of its time zone, also of
//! UTC, which has none. A part no finer than the hour is the same through an hour of UTC, and calls come
//! in the order of their starts: for ten million of a year that is some thousand hours instead.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMillisecondType};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions::datetime::date_part::DatePartFunc;
use datafusion::functions::datetime::date_trunc::DateTruncFunc;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature,
};
use voxlake_model::time::HOUR_MS;

/// What does not change within an hour of UTC.
const NO_FINER: [&str; 12] =
    ["hour", "day", "week", "month", "quarter", "qtr", "year", "dow", "isodow", "doy", "isoyear", "isoweek"];

/// One of the engine's functions of a part and an instant, and answers as it does.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Hourly {
    engines_own: Arc<ScalarUDF>,
}

/// `call` as a function of hours; `None` where it is none.
pub fn hourly(call: &ScalarFunction) -> Option<ScalarUDF> {
    let function = call.func.inner();
    let is_of_part = function.is::<DatePartFunc>() || function.is::<DateTruncFunc>();
    is_of_part.then(|| ScalarUDF::from(Hourly { engines_own: Arc::clone(&call.func) }))
}

impl ScalarUDFImpl for Hourly {
    fn name(&self) -> &str {
        self.engines_own.name()
    }

    fn signature(&self) -> &Signature {
        self.engines_own.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.engines_own.return_type(given)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.engines_own.return_field_from_args(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.engines_own.output_ordering(inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(part), ColumnarValue::Array(instants)] = args.args.as_slice() else {
            return self.engines_own.invoke_with_args(args);
        };
        if !is_utc(instants.data_type()) || !is_no_finer(part) {
            return self.engines_own.invoke_with_args(args);
        }
        let (firsts, hours) = hours(instants.as_ref());
        let mut of_firsts = args.clone();
        of_firsts.number_rows = firsts.len();
        of_firsts.args[1] = ColumnarValue::Array(take(instants, &firsts, None)?);
        let parts = self.engines_own.invoke_with_args(of_firsts)?.to_array(firsts.len())?;
        Ok(ColumnarValue::Array(take(&parts, &hours, None)?))
    }
}

/// The part and the instant of a function of hours, where it is one of instants of this `schema` and can be asked once
/// for each hour.
pub fn part_and_instant<'a>(expr: &'a Expr, schema: &DFSchema) -> Option<(&'a ScalarValue, &'a Expr)> {
    let Expr::ScalarFunction(call) = expr else { return None };
    match call.args.as_slice() {
        [Expr::Literal(part, _), instant]
            if call.func.inner().is::<Hourly>()
                && is_no_finer(part)
                && instant.get_type(schema).is_ok_and(|of| is_utc(&of)) =>
        {
            Some((part, instant))
        }
        _ => None,
    }
}

fn is_utc(instants: &DataType) -> bool {
    match instants {
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            zone.as_ref().is_none_or(|zone| matches!(zone.as_ref(), "UTC" | "+00:00"))
        }
        _ => false,
    }
}

fn is_no_finer(part: &ScalarValue) -> bool {
    let part = part.try_as_str().flatten().map(str::to_lowercase);
    part.is_some_and(|part| NO_FINER.contains(&part.as_str()))
}

/// The rows with the first of the instants that lie in one hour one after the other; and for each row
/// which of those it belongs to. Nulls are as instants of an hour of their own.
pub(super) fn hours(instants: &dyn Array) -> (UInt32Array, UInt32Array) {
    let instants = instants.as_primitive::<TimestampMillisecondType>();
    let mut firsts = Vec::new();
    let mut places = vec![0; instants.len()];
    // The hour of the row before, as its first moment and the one after it.
    let (mut from, mut to) = (0, 0);
    let mut hour_of = |row: u32, instant: i64| {
        firsts.push(row);
        let from = instant.div_euclid(HOUR_MS) * HOUR_MS;
        (u32::try_from(firsts.len() - 1).unwrap_or(u32::MAX), from, from.saturating_add(HOUR_MS))
    };
    let mut hour = 0;
    if instants.null_count() == 0 {
        for ((row, instant), place) in (0..).zip(instants.values()).zip(&mut places) {
            if *instant < from || *instant >= to {
                (hour, from, to) = hour_of(row, *instant);
            }
            *place = hour;
        }
    } else {
        let mut before_is_null = false;
        for ((row, instant), place) in (0..).zip(instants).zip(&mut places) {
            let same = match instant {
                Some(instant) => !before_is_null && (from..to).contains(&instant),
                None => before_is_null,
            };
            if !same {
                before_is_null = instant.is_none();
                (hour, from, to) = hour_of(row, instant.unwrap_or(0));
            }
            *place = hour;
        }
    }
    (firsts.into(), places.into())
}
