//! `hour_group(instant)` and `hour_part(code)`: grouping by several parts of an instant through one
//! integer id.
//!
//! Grouping by weekday and hour hashes and compares two columns per row. Here the parts are
//! computed once per run of rows in the same UTC hour, and each row costs a comparison with the
//! hour of the previous row. The optimizer rule `hour_bucket_group_by` creates both functions for
//! one query. They share its [`HourGroups`] and are not registered in the session.

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

use crate::cached_date_part::hour_runs;
use crate::group_ids::GroupIds;

/// One part of an instant by which a query groups.
#[derive(Debug)]
pub struct InstantPart {
    /// Function that computes the part, such as `date_part`.
    pub function: Arc<ScalarUDF>,
    /// First argument of `function`: the name of the part.
    pub part: ScalarValue,
    /// Field of the result, whose type the part is cast to.
    pub field: FieldRef,
}

/// Group ids of one query, shared by its calls of `hour_group` and `hour_part`.
#[derive(Debug)]
pub struct HourGroups {
    parts: Vec<InstantPart>,
    state: Mutex<HourGroupState>,
}

#[derive(Debug)]
struct HourGroupState {
    rows: RowConverter,
    /// Groups by the values of their parts.
    groups: GroupIds<OwnedRow>,
}

impl HourGroups {
    /// Creates groups by `parts` of one instant.
    ///
    /// # Errors
    /// For a part whose type does not support grouping.
    pub fn try_new(parts: Vec<InstantPart>) -> Result<Arc<Self>> {
        let fields = parts.iter().map(|part| SortField::new(part.field.data_type().clone()));
        let rows = RowConverter::new(fields.collect())?;
        let state = HourGroupState { rows, groups: GroupIds::default() };
        Ok(Arc::new(Self { parts, state: Mutex::new(state) }))
    }

    /// Builds `hour_group(instant)`: the group id of each row, never null.
    pub fn id_expr(self: &Arc<Self>, instant: Expr) -> Expr {
        let signature = Signature::any(1, Volatility::Immutable);
        ScalarUDF::from(HourGroup { groups: Arc::clone(self), signature }).call(vec![instant])
    }

    /// Builds `hour_part(code)`: the part of a group at `index` among its parts.
    pub fn part_expr(self: &Arc<Self>, code: Expr, index: usize) -> Expr {
        let signature = Signature::exact(vec![DataType::UInt32], Volatility::Immutable);
        ScalarUDF::from(HourPart { groups: Arc::clone(self), index, signature }).call(vec![code])
    }

    fn state(&self) -> MutexGuard<'_, HourGroupState> {
        // Ids stay consecutive even if a thread panicked while it held the lock.
        sync::lock(&self.state)
    }

    /// Returns the group ids of `instants`.
    fn group_ids(&self, instants: &ArrayRef, args: &ScalarFunctionArgs) -> Result<UInt32Array> {
        let parts = self.parts.iter().map(|part| {
            let given = Arc::new(Field::new("part", part.part.data_type(), false));
            let args = ScalarFunctionArgs {
                args: vec![
                    ColumnarValue::Scalar(part.part.clone()),
                    ColumnarValue::Array(Arc::clone(instants)),
                ],
                arg_fields: iter::once(given).chain(args.arg_fields.iter().cloned()).collect(),
                number_rows: instants.len(),
                // `date_part` ignores this field and returns its own type, which is cast below.
                return_field: Arc::clone(&part.field),
                config_options: Arc::clone(&args.config_options),
            };
            let values = part.function.invoke_with_args(args)?.to_array(instants.len())?;
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            Ok(cast_with_options(&values, part.field.data_type(), &strict)?)
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let mut state = self.state();
        let rows = state.rows.convert_columns(&parts)?;
        rows.iter().map(|row| state.groups.get_or_insert(row.owned()).map(Some)).collect()
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
        let (firsts, runs) = hour_runs(instants.as_ref());
        let ids = self.groups.group_ids(&take(&instants, &firsts, None)?, &args)?;
        Ok(ColumnarValue::Array(take(&ids, &runs, None)?))
    }
}

/// `hour_part(integer) -> the part's type`
#[derive(Debug)]
struct HourPart {
    groups: Arc<HourGroups>,
    index: usize,
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
        Ok(self.groups.parts[self.index].field.data_type().clone())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(Arc::clone(&self.groups.parts[self.index].field))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let codes = args.args.first().map(|codes| codes.to_array(args.number_rows)).transpose()?;
        let Some(codes) = codes else { return exec_err!("hour_part takes a code") };
        let state = self.groups.state();
        let groups = codes.as_primitive::<UInt32Type>().values().iter().map(|code| {
            let group = state.groups.key(*code).map(OwnedRow::row);
            group.ok_or_else(|| exec_datafusion_err!("unknown group {code}"))
        });
        let groups = groups.collect::<Result<Vec<_>>>()?;
        let mut parts = state.rows.convert_rows(groups)?;
        Ok(ColumnarValue::Array(parts.swap_remove(self.index)))
    }
}

// Functions of different queries are never equal: their results depend on the groups of the query.

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
        Arc::ptr_eq(&self.groups, &other.groups) && self.index == other.index
    }
}

impl Eq for HourPart {}

impl Hash for HourPart {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.groups), self.index).hash(state);
    }
}
