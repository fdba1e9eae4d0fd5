//! Large data sets: calls as Arrow record batches, without HTTP or JSON.

mod arrays;
mod columns;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{Field, SchemaRef};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};

use self::columns::call_column;
use crate::call::Call;
use crate::centre::Centre;
use crate::wire::View;

/// Calls per record batch. Measured from 256 to 4096: smaller batches make encoding up to 10 %
/// slower, larger ones only use more memory.
pub const CALLS_PER_BATCH: usize = 2048;

/// Columns that [`ColumnSet::Few`] fills.
const FEW_COLUMNS: [&str; 9] = [
    "engagement_id",
    "direction",
    "distributions",
    "start_time",
    "total_duration",
    "queues",
    "result",
    "charge_amount",
    "charge_currency",
];

/// Columns that a [`Dataset`] fills; the others are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ColumnSet {
    /// All columns that the API fills.
    #[default]
    All,
    /// The columns behind counts, durations and charges by queue, hour and result.
    Few,
}

impl ColumnSet {
    /// Every set, the largest first.
    pub const ALL: [Self; 2] = [Self::All, Self::Few];

    /// Returns the name of the set, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Few => "few",
        }
    }

    /// Returns a description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::All => "All that the API fills",
            Self::Few => {
                "Those for counts, durations and charges by queue, hour and result: engagement_id, \
                 start_time, total_duration, direction, distributions, queues, result, charge_amount, \
                 charge_currency, fetched_at. The others are null"
            }
        }
    }

    /// Returns whether the set has a column.
    #[must_use]
    pub fn contains(self, name: &str) -> bool {
        self == Self::All || FEW_COLUMNS.contains(&name)
    }
}

/// Calls of a centre as record batches in the schema of the caller.
///
/// Columns have the names of the API's fields, plus `charge_amount` and `charge_currency`, which
/// are the parts of `charge`. The types are those of the schema.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow::datatypes::{DataType, Field, Schema};
/// use chrono::{TimeZone as _, Utc};
/// use voxlake_sim::{Centre, Dataset};
///
/// let schema = Arc::new(Schema::new(vec![
///     Field::new("engagement_id", DataType::Utf8, false),
///     Field::new("total_duration", DataType::Int64, true),
/// ]));
/// let dataset = Dataset::new(Arc::new(Centre::with_seed(7)));
/// let from = Utc.with_ymd_and_hms(2026, 11, 2, 0, 0, 0).unwrap();
/// let to = Utc.with_ymd_and_hms(2026, 11, 3, 0, 0, 0).unwrap();
/// let mut rows = 0;
/// for batch in dataset.batches(from, to, schema, |_, _| None) {
///     rows += batch?.num_rows();
/// }
/// assert_eq!(rows, dataset.centre().calls(from, to).count());
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset {
    centre: Arc<Centre>,
    view: View,
    columns: ColumnSet,
}

impl Dataset {
    /// Creates a data set with all columns and legs.
    #[must_use]
    pub fn new(centre: Arc<Centre>) -> Self {
        Self { centre, view: View::Detail, columns: ColumnSet::All }
    }

    /// Returns the data set in another view. A summary has no legs.
    #[must_use]
    pub fn with_view(mut self, view: View) -> Self {
        self.view = view;
        self
    }

    /// Returns the data set with other columns.
    #[must_use]
    pub fn with_columns(mut self, columns: ColumnSet) -> Self {
        self.columns = columns;
        self
    }

    /// Returns the centre.
    #[must_use]
    pub fn centre(&self) -> &Centre {
        &self.centre
    }

    /// Iterates over the calls that start in `[from, to)`, in batches of [`CALLS_PER_BATCH`].
    ///
    /// Columns for which `other_columns` returns an array of the given length are taken from it:
    /// those of the caller that no call has.
    ///
    /// # Errors
    ///
    /// If the schema has a column that neither `other_columns` nor a call has, or one of another
    /// type.
    pub fn batches(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        schema: SchemaRef,
        other_columns: impl Fn(&Field, usize) -> Option<ArrayRef>,
    ) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        let mut calls = self.centre.calls(from, to);
        std::iter::from_fn(move || {
            let calls: Vec<Call> = calls.by_ref().take(CALLS_PER_BATCH).collect();
            (!calls.is_empty()).then(|| self.batch(&calls, &schema, &other_columns))
        })
    }

    fn batch(
        &self,
        calls: &[Call],
        schema: &SchemaRef,
        other_columns: impl Fn(&Field, usize) -> Option<ArrayRef>,
    ) -> Result<RecordBatch, ArrowError> {
        let column = |field: &Arc<Field>| match other_columns(field, calls.len()) {
            Some(array) => Ok(array),
            None if self.omits(field.name()) => Ok(new_null_array(field.data_type(), calls.len())),
            None => call_column(calls, field.name(), field.data_type()),
        };
        let columns: Vec<ArrayRef> = schema.fields().iter().map(column).collect::<Result<_, _>>()?;
        RecordBatch::try_new(Arc::clone(schema), columns)
    }

    fn omits(&self, name: &str) -> bool {
        !self.columns.contains(name) || (self.view == View::Summary && name == "voice_call_details")
    }
}
