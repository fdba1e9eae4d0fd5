//! What the functions that list a call's visits share: `queue_visits`, `agent_visits`, `team_visits` and
//! `flow_visits` each walk over nested lists and give a list of structs.
//!
//! Whoever asks for the names of a call's queues alone need not read what its legs cost. So a function
//! knows which fields of a visit are wanted, and says what it reads for them.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, ListArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::nested_struct::requires_nested_struct_cast;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    Cast, ColumnarValue, Expr, ExprSchemable as _, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility, lit,
};

use super::agent_visits::AgentVisits;
use super::flow_visits::FlowVisits;
use super::queue_visits::QueueVisits;
use super::team_visits::TeamVisits;
use super::{arrays, coerce_to, list, narrow};

/// A walk over the lists of a call.
pub trait Walk: Debug + PartialEq + Eq + Hash + Send + Sync + 'static {
    /// The function's name.
    const NAME: &'static str;

    /// All fields of a visit.
    fn fields() -> Fields;

    /// The types of the arguments, with no more of the nested ones than is read for the `wanted` fields;
    /// Null for one that is not read.
    fn arguments(wanted: &Fields) -> Vec<DataType>;

    /// The visits of each row, with the `wanted` fields.
    fn walk(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray>;
}

/// The function that a walk is, with all fields of a visit or some of them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Visits<W> {
    signature: Signature,
    wanted: Fields,
    walk: PhantomData<W>,
}

impl<W: Walk> Visits<W> {
    fn of(wanted: Fields) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), wanted, walk: PhantomData }
    }
}

impl<W: Walk> Default for Visits<W> {
    fn default() -> Self {
        Self::of(W::fields())
    }
}

impl<W: Walk> ScalarUDFImpl for Visits<W> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list(DataType::Struct(self.wanted.clone())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_to(self.name(), given, &W::arguments(&self.wanted))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        narrow(Self::of(self.wanted.clone()), args, &W::arguments(&self.wanted), info.schema())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = arrays(&args.args, &W::arguments(&self.wanted), args.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(W::walk(&columns, &self.wanted)?)))
    }
}

/// A list of visits for each row: their `columns`, one for each of `fields`, and how many a row has.
pub(super) fn visits_of(
    fields: &Fields,
    columns: Vec<ArrayRef>,
    lengths: impl IntoIterator<Item = usize>,
) -> Result<ListArray> {
    let visits = StructArray::try_new(fields.clone(), columns, None)?;
    let item = Arc::new(Field::new_list_field(visits.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(visits), None)?)
}

/// `call` with no more fields in a visit than those `named`; `None` where it is another function's or
/// there is nothing to leave out. `schema` is of what the arguments are columns of.
pub fn keeping(call: &ScalarFunction, named: &[&str], schema: &DFSchema) -> Result<Option<Expr>> {
    let narrowed = [
        keeping_of::<QueueVisits>,
        keeping_of::<AgentVisits>,
        keeping_of::<TeamVisits>,
        keeping_of::<FlowVisits>,
    ];
    for narrowed in narrowed {
        if let Some(narrowed) = narrowed(call, named, schema)? {
            return Ok(Some(narrowed));
        }
    }
    Ok(None)
}

/// `call` with the first field of a visit alone, for who counts visits; `None` as in [`keeping`].
pub fn counted(call: &ScalarFunction, schema: &DFSchema) -> Result<Option<Expr>> {
    let first = first_field::<QueueVisits>(call)
        .or_else(|| first_field::<AgentVisits>(call))
        .or_else(|| first_field::<TeamVisits>(call))
        .or_else(|| first_field::<FlowVisits>(call));
    match first {
        Some(first) => keeping(call, &[&first], schema),
        None => Ok(None),
    }
}

/// The first field of a visit; `None` where `call` is another function's.
fn first_field<W: Walk>(call: &ScalarFunction) -> Option<String> {
    let visits = call.func.inner().downcast_ref::<Visits<W>>()?;
    visits.wanted.first().map(|field| field.name().clone())
}

fn keeping_of<W: Walk>(call: &ScalarFunction, named: &[&str], schema: &DFSchema) -> Result<Option<Expr>> {
    let Some(visits) = call.func.inner().downcast_ref::<Visits<W>>() else { return Ok(None) };
    let kept = visits.wanted.iter().filter(|field| named.contains(&field.name().as_str()));
    let wanted: Fields = kept.cloned().collect();
    if wanted.is_empty() || wanted.len() == visits.wanted.len() {
        return Ok(None);
    }
    let read = W::arguments(&wanted);
    let args = call.args.iter().zip(read).map(|(arg, read)| narrowed(arg, read, schema));
    let args = args.collect::<Result<Vec<_>>>()?;
    Ok(Some(ScalarUDF::from(Visits::<W>::of(wanted)).call(args)))
}

/// `arg` as no more than `read`, and no more than null where nothing of it is read.
fn narrowed(arg: &Expr, read: DataType, schema: &DFSchema) -> Result<Expr> {
    if read.is_null() {
        return Ok(lit(ScalarValue::Null));
    }
    // The cast that is there may be to more.
    let arg = match arg {
        Expr::Cast(cast) if requires_nested_struct_cast(&cast.expr.get_type(schema)?, &read) => &cast.expr,
        arg => arg,
    };
    let given = arg.get_type(schema)?;
    Ok(if given != read && requires_nested_struct_cast(&given, &read) {
        Expr::Cast(Cast::new(Box::new(arg.clone()), read))
    } else {
        arg.clone()
    })
}
