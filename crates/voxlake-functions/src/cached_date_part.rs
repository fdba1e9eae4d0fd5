//! `date_part` and `date_trunc` of instants in UTC, computed once per hour.
//!
//! DataFusion's versions convert each instant to a calendar date by the rules of its time zone,
//! even for UTC. A part of an hour or more is constant within a UTC hour, and calls are sorted by
//! start: ten million calls of a year have some thousand distinct hours.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef, TimeUnit, TimestampMillisecondType};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions::datetime;
use datafusion::functions::datetime::date_part::DatePartFunc;
use datafusion::functions::datetime::date_trunc::DateTruncFunc;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable as _, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature,
};
use voxlake_model::time::HOUR_MS;

/// Parts that are constant within a UTC hour.
const HOUR_OR_COARSER: [&str; 12] =
    ["hour", "day", "week", "month", "quarter", "qtr", "year", "dow", "isodow", "doy", "isoyear", "isoweek"];

/// `date_part` or `date_trunc` with a cache of the last hour. Returns the same results as the inner
/// function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CachedDatePart {
    inner: Arc<ScalarUDF>,
}

/// Returns the cached version of `call`, or `None` if it is neither `date_part` nor `date_trunc`.
pub fn cached_date_part(call: &ScalarFunction) -> Option<ScalarUDF> {
    let function = call.func.inner();
    let is_of_part = function.is::<DatePartFunc>() || function.is::<DateTruncFunc>();
    is_of_part.then(|| ScalarUDF::from(CachedDatePart { inner: Arc::clone(&call.func) }))
}

/// Returns all functions of this module: the cached versions of DataFusion's `date_part` and
/// `date_trunc`.
pub(crate) fn cached_functions() -> [ScalarUDF; 2] {
    [datetime::date_part(), datetime::date_trunc()].map(|inner| ScalarUDF::from(CachedDatePart { inner }))
}

impl ScalarUDFImpl for CachedDatePart {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, given: &[DataType]) -> Result<DataType> {
        self.inner.return_type(given)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        self.inner.output_ordering(inputs)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(part), ColumnarValue::Array(instants)] = args.args.as_slice() else {
            return self.inner.invoke_with_args(args);
        };
        if !is_utc(instants.data_type()) || !is_hour_or_coarser(part) {
            return self.inner.invoke_with_args(args);
        }
        let (firsts, runs) = hour_runs(instants.as_ref());
        let mut of_firsts = args.clone();
        of_firsts.number_rows = firsts.len();
        of_firsts.args[1] = ColumnarValue::Array(take(instants, &firsts, None)?);
        let parts = self.inner.invoke_with_args(of_firsts)?.to_array(firsts.len())?;
        Ok(ColumnarValue::Array(take(&parts, &runs, None)?))
    }
}

/// Returns the part and the instant of a [`CachedDatePart`] if the part is constant within an hour
/// of the instant's type in `schema`.
pub fn part_and_instant<'a>(expr: &'a Expr, schema: &DFSchema) -> Option<(&'a ScalarValue, &'a Expr)> {
    let Expr::ScalarFunction(call) = expr else { return None };
    match call.args.as_slice() {
        [Expr::Literal(part, _), instant]
            if call.func.inner().is::<CachedDatePart>()
                && is_hour_or_coarser(part)
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

fn is_hour_or_coarser(part: &ScalarValue) -> bool {
    let part = part.try_as_str().flatten().map(str::to_lowercase);
    part.is_some_and(|part| HOUR_OR_COARSER.contains(&part.as_str()))
}

/// Splits `instants` into runs of rows in the same hour. Returns the first row of each run, and the
/// run of each row. Nulls are an hour of their own.
pub(crate) fn hour_runs(instants: &dyn Array) -> (UInt32Array, UInt32Array) {
    let instants = instants.as_primitive::<TimestampMillisecondType>();
    let mut firsts = Vec::new();
    let mut runs = vec![0; instants.len()];
    // Bounds of the previous row's hour.
    let (mut from, mut to) = (0, 0);
    let mut hour_of = |row: u32, instant: i64| {
        firsts.push(row);
        let from = instant.div_euclid(HOUR_MS) * HOUR_MS;
        (u32::try_from(firsts.len() - 1).unwrap_or(u32::MAX), from, from.saturating_add(HOUR_MS))
    };
    let mut hour = 0;
    if instants.null_count() == 0 {
        for ((row, instant), run) in (0..).zip(instants.values()).zip(&mut runs) {
            if *instant < from || *instant >= to {
                (hour, from, to) = hour_of(row, *instant);
            }
            *run = hour;
        }
    } else {
        let mut was_null = false;
        for ((row, instant), run) in (0..).zip(instants).zip(&mut runs) {
            let same = match instant {
                Some(instant) => !was_null && (from..to).contains(&instant),
                None => was_null,
            };
            if !same {
                was_null = instant.is_none();
                (hour, from, to) = hour_of(row, instant.unwrap_or(0));
            }
            *run = hour;
        }
    }
    (firsts.into(), runs.into())
}
