//! Queues of the calls of one batch, read from the lists of queues and legs and resolved by the
//! rule of [`identity`].
//!
//! [`identity`]: super::identity

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, StringArray, StructArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::Result;
use voxlake_model::schema::timestamp_type;

use super::identity::{Mention, Resolver};
use crate::lists::{child_column, entry_range, list_of, nonblank_text};

/// Columns of a batch that name the queues of its calls.
pub(super) struct CallQueues<'a> {
    queues: &'a ListArray,
    queue_values: &'a StructArray,
    cc_queue_ids: &'a StringArray,
    queue_ids: &'a StringArray,
    queue_names: &'a StringArray,
    legs: &'a ListArray,
    leg_values: &'a StructArray,
    leg_queues: &'a StructArray,
    leg_queue_ids: &'a StringArray,
    leg_queue_names: &'a StringArray,
    leg_starts: Option<&'a TimestampMillisecondArray>,
}

impl<'a> CallQueues<'a> {
    /// Creates a batch from columns of the types [`queues_type`] and [`legs_type`], which may have
    /// further fields.
    pub(super) fn try_new(queues: &'a ArrayRef, legs: &'a ArrayRef) -> Result<Self> {
        let (queues, legs) = (queues.as_list::<i32>(), legs.as_list::<i32>());
        let (queue_values, leg_values) = (queues.values().as_struct(), legs.values().as_struct());
        let leg_queues = child_column(leg_values, "queue")?.as_struct();
        Ok(Self {
            queues,
            queue_values,
            cc_queue_ids: child_column(queue_values, "cc_queue_id")?.as_string(),
            queue_ids: child_column(queue_values, "queue_id")?.as_string(),
            queue_names: child_column(queue_values, "queue_name")?.as_string(),
            legs,
            leg_values,
            leg_queues,
            leg_queue_ids: child_column(leg_queues, "cc_queue_id")?.as_string(),
            leg_queue_names: child_column(leg_queues, "queue_name")?.as_string(),
            leg_starts: leg_values.column_by_name("start_time").map(AsArray::as_primitive),
        })
    }

    /// Returns the number of calls.
    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }

    /// Returns a resolver for the entries of these calls.
    pub(super) fn resolver() -> Resolver<'a> {
        Resolver::joining_by_name()
    }

    /// Resolves the call at `row`: first the entries of `queues`, then the legs.
    pub(super) fn resolve(&self, row: usize, resolver: &mut Resolver<'a>) {
        let of_queues = entry_range(self.queues, row).map(|entry| self.queue(entry));
        let of_legs = entry_range(self.legs, row).map(|leg| self.leg_queue(leg));
        resolver.resolve(of_queues.chain(of_legs));
    }

    /// Returns the queues in the order of `queues`: the index of the queue in the resolved call,
    /// and the name given.
    pub(super) fn names_in_order(
        &self,
        row: usize,
        resolver: &Resolver<'a>,
    ) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        let entries = entry_range(self.queues, row).enumerate();
        entries.filter_map(|(at, entry)| Some((resolver.entity_index(at)?, self.queue(entry).name)))
    }

    /// Returns the legs of the call at `row` as indices among all legs, each with the index of its
    /// queue.
    pub(super) fn legs(
        &self,
        row: usize,
        resolver: &Resolver<'a>,
    ) -> impl Iterator<Item = (usize, Option<usize>)> {
        let first = entry_range(self.queues, row).len();
        let legs = entry_range(self.legs, row).enumerate();
        legs.filter(|(_, leg)| self.leg_values.is_valid(*leg))
            .map(move |(at, leg)| (leg, resolver.entity_index(first + at)))
    }

    /// Returns the legs of the call at `row` that name a queue, sorted by start. Legs with equal
    /// starts keep the order of the API, and legs with unknown starts come last.
    pub(super) fn legs_in_time(&self, row: usize, resolver: &Resolver<'a>) -> Vec<(usize, usize)> {
        let legs = self.legs(row, resolver).filter_map(|(leg, queue)| Some((leg, queue?)));
        let mut legs = legs.collect::<Vec<_>>();
        legs.sort_by_key(|(leg, _)| (self.start(*leg).is_none(), self.start(*leg)));
        legs
    }

    /// Returns the start of a leg in ms, or `None` if it is unknown.
    pub(super) fn start(&self, leg: usize) -> Option<i64> {
        self.leg_starts.filter(|starts| starts.is_valid(leg)).map(|starts| starts.value(leg))
    }

    /// Returns the name that a leg gives its queue.
    pub(super) fn leg_name(&self, leg: usize) -> Option<&'a str> {
        self.leg_queue(leg).name
    }

    /// Returns the values of all legs.
    pub(super) fn leg_values(&self) -> &'a StructArray {
        self.leg_values
    }

    fn queue(&self, entry: usize) -> Mention<'a> {
        if self.queue_values.is_null(entry) {
            return Mention::default();
        }
        Mention {
            id: nonblank_text(self.cc_queue_ids, entry),
            lesser_id: nonblank_text(self.queue_ids, entry),
            name: nonblank_text(self.queue_names, entry),
        }
    }

    fn leg_queue(&self, leg: usize) -> Mention<'a> {
        if self.leg_values.is_null(leg) || self.leg_queues.is_null(leg) {
            return Mention::default();
        }
        Mention {
            id: nonblank_text(self.leg_queue_ids, leg),
            lesser_id: None,
            name: nonblank_text(self.leg_queue_names, leg),
        }
    }
}

/// Returns the type of `queues` with the fields that identify a queue.
pub(super) fn queues_type() -> DataType {
    list_of(DataType::Struct(text_fields(&["queue_id", "queue_name", "cc_queue_id"])))
}

/// Returns the type of `voice_call_details` with the fields that identify a leg's queue, and those
/// of `further`.
pub(super) fn legs_type(further: impl IntoIterator<Item = (&'static str, DataType)>) -> DataType {
    let queue = ("queue", DataType::Struct(text_fields(&["cc_queue_id", "queue_name"])));
    let fields = [queue].into_iter().chain(further);
    list_of(DataType::Struct(fields.map(|(name, data_type)| Field::new(name, data_type, true)).collect()))
}

/// Returns the field with the start of a leg.
pub(super) fn leg_start() -> (&'static str, DataType) {
    ("start_time", timestamp_type())
}

/// Returns nullable text fields with these names.
pub(super) fn text_fields(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}
