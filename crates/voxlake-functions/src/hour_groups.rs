//! `hour_group(instant)` and `hour_part(code)`: groups by several parts of an instant as groups by one number.
//!
//! To group by weekday and hour is to hash and compare two columns for each call. What an hour of UTC is of in both
//! is asked once for each hour, and a call costs the comparison with the hour of the call before. Both functions are
//! made for one question, by the rule `hourly_groups`, and share its numbers; they are not registered.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::iter;
use std::sync::{Arc, Mutex, MutexGuard};

use datafusion::arrow::array::{ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::{CastOptions, cast_with_options, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, UInt32Type};
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use voxlake_model::sync;

use super::hourly::hours;

/// A part of an instant: what the function `of` says of it, given `part`, in the type of `field`.
#[derive(Debug)]
pub struct Part {
    /// The function.
    pub of: Arc<ScalarUDF>,
    /// Its first argument, the name of the part.
    pub part: ScalarValue,
    /// The field of its result.
    pub field: FieldRef,
}

/// The numbers of one question's groups.
#[derive(Debug)]
pub struct HourGroups {
    parts: Vec<Part>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    rows: RowConverter,
    /// The parts of each group.
    groups: Vec<OwnedRow>,
    numbers: HashMap<OwnedRow, u32>,
}

impl HourGroups {
    /// Groups by `parts` of one instant.
    ///
    /// # Errors
    /// Where a part is of a type that cannot be grouped by.
    pub fn by(parts: Vec<Part>) -> Result<Arc<Self>> {
        let fields = parts.iter().map(|part| SortField::new(part.field.data_type().clone()));
        let rows = RowConverter::new(fields.collect())?;
        let known = Known { rows, groups: Vec::new(), numbers: HashMap::new() };
        Ok(Arc::new(Self { parts, known: Mutex::new(known) }))
    }

    /// `hour_group(instant)`: the number of the group of each row, never null.
    pub fn code(self: &Arc<Self>, instant: Expr) -> Expr {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::from(HourGroup { groups: Arc::clone(self), signature }).call(vec![instant])
    }

    /// `hour_part(code)`: the part that a group has in place `place` of those it was made of.
    pub fn part(self: &Arc<Self>, code: Expr, place: usize) -> Expr {
        let signature = Signature::exact(vec![DataType::UInt32], Volatility::Immutable);
        ScalarUDF::from(HourPart { groups: Arc::clone(self), place, signature }).call(vec![code])
    }

    // What a thread that panicked left is numbers without gaps, and whole.
    fn known(&self) -> MutexGuard<'_, Known> {
        sync::lock(&self.known)
    }

    /// The numbers of the groups of `instants`.
    fn numbers(&self, instants: &ArrayRef, args: &ScalarFunctionArgs) -> Result<UInt32Array> {
        let parts = self.parts.iter().map(|part| {
            let given = Arc::new(Field::new("part", part.part.data_type(), false));
            let args = ScalarFunctionArgs {
                args: vec![
                    ColumnarValue::Scalar(part.part.clone()),
                    ColumnarValue::Array(Arc::clone(instants)),
                ],
                arg_fields: iter::once(given).chain(args.arg_fields.iter().cloned()).collect(),
                number_rows: instants.len(),
                // The functions of parts make their own type, whatever is said here; it is cast below.
                return_field: Arc::clone(&part.field),
                config_options: Arc::clone(&args.config_options),
            };
            let made = part.of.invoke_with_args(args)?.to_array(instants.len())?;
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            Ok(cast_with_options(&made, part.field.data_type(), &strict)?)
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let mut known = self.known();
        let rows = known.rows.convert_columns(&parts)?;
        rows.iter().map(|row| known.number(row.owned()).map(Some)).collect()
    }
}

impl Known {
    fn number(&mut self, parts: OwnedRow) -> Result<u32> {
        if let Some(number) = self.numbers.get(&parts) {
            return Ok(*number);
        }
        let number = u32::try_from(self.groups.len())
            .map_err(|_| exec_datafusion_err!("a question has more than {} groups", u32::MAX))?;
        self.groups.push(parts.clone());
        self.numbers.insert(parts, number);
        Ok(number)
    }
}

/// `hour_group(instant) -> integer`
#[derive(Debug)]
struct HourGroup {
    groups: Arc<HourGroups>,
    signature: Signature,
}

impl ScalarUDFImpl for HourGroup {
    fn name(&self) -> &'static str {
        "hour_group"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::UInt32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let instants = args.args.first().map(|instants| instants.to_array(args.number_rows)).transpose()?;
        let Some(instants) = instants else { return exec_err!("hour_group takes an instant") };
        let (firsts, hours) = hours(instants.as_ref());
        let numbers = self.groups.numbers(&take(&instants, &firsts, None)?, &args)?;
        Ok(ColumnarValue::Array(take(&numbers, &hours, None)?))
    }
}

/// `hour_part(integer) -> the part's type`
#[derive(Debug)]
struct HourPart {
    groups: Arc<HourGroups>,
    place: usize,
    signature: Signature,
}

impl ScalarUDFImpl for HourPart {
    fn name(&self) -> &'static str {
        "hour_part"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.groups.parts[self.place].field.data_type().clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::clone(&self.groups.parts[self.place].field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let codes = args.args.first().map(|codes| codes.to_array(args.number_rows)).transpose()?;
        let Some(codes) = codes else { return exec_err!("hour_part takes a code") };
        let known = self.groups.known();
        let groups = codes.as_primitive::<UInt32Type>().values().iter().map(|code| {
            let group = known.groups.get(*code as usize).map(OwnedRow::row);
            group.ok_or_else(|| exec_datafusion_err!("there is no group {code}"))
        });
        let groups = groups.collect::<Result<Vec<_>>>()?;
        let mut parts = known.rows.convert_rows(groups)?;
        Ok(ColumnarValue::Array(parts.swap_remove(self.place)))
    }
}

// One of a question is no other's: what it says depends on the groups that it was made for.

impl PartialEq for HourGroup {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.groups, &other.groups)
    }
}

impl Eq for HourGroup {}

impl Hash for HourGroup {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.groups).hash(state);
    }
}

impl PartialEq for HourPart {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.groups, &other.groups) && self.place == other.place
    }
}

impl Eq for HourPart {}

impl Hash for HourPart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.groups), self.place).hash(state);
    }
}
