//! Scalar functions that list the visits of a call: `queue_visits`, `agent_visits`, `team_visits`
//! and `flow_visits`.
//!
//! A query that uses only the names of queues need not read the charges of legs. Each function
//! therefore knows which fields of a visit are wanted, and derives the argument types from them.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, ListArray, StructArray};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::arguments::{argument_arrays, coerce_arguments, prune_arguments};
use crate::lists::list_of;

/// Extracts the visits of calls from their nested lists.
pub(crate) trait VisitExtractor: Debug + PartialEq + Eq + Hash + Send + Sync + 'static {
    /// Name of the SQL function.
    const NAME: &'static str;

    /// Returns all fields of a visit.
    fn fields() -> Fields;

    /// Returns the argument types: nested types contain only the fields that are read for `wanted`,
    /// and arguments that are not read have the type Null.
    fn argument_types(wanted: &Fields) -> Vec<DataType>;

    /// Returns the visits of each row, with the `wanted` fields.
    fn extract(columns: &[ArrayRef], wanted: &Fields) -> Result<ListArray>;
}

/// Scalar function of a [`VisitExtractor`], with all or some fields of a visit.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Visits<W> {
    signature: Signature,
    pub(crate) wanted: Fields,
    extractor: PhantomData<W>,
}

impl<W: VisitExtractor> Visits<W> {
    pub(crate) fn with_fields(wanted: Fields) -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable), wanted, extractor: PhantomData }
    }
}

impl<W: VisitExtractor> Default for Visits<W> {
    fn default() -> Self {
        Self::with_fields(W::fields())
    }
}

impl<W: VisitExtractor> ScalarUDFImpl for Visits<W> {
    fn name(&self) -> &'static str {
        W::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(list_of(DataType::Struct(self.wanted.clone())))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(self.name(), given, &W::argument_types(&self.wanted))
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        prune_arguments(
            Self::with_fields(self.wanted.clone()),
            args,
            &W::argument_types(&self.wanted),
            info.schema(),
        )
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let columns = argument_arrays(&args.args, &W::argument_types(&self.wanted), args.number_rows)?;
        Ok(ColumnarValue::Array(Arc::new(W::extract(&columns, &self.wanted)?)))
    }
}

/// Builds a list of visits for each row from the `columns` of all visits, one for each of `fields`,
/// and the number of visits per row.
pub(super) fn visit_lists(
    fields: &Fields,
    columns: Vec<ArrayRef>,
    lengths: impl IntoIterator<Item = usize>,
) -> Result<ListArray> {
    let visits = StructArray::try_new(fields.clone(), columns, None)?;
    let item = Arc::new(Field::new_list_field(visits.data_type().clone(), true));
    Ok(ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(visits), None)?)
}
