//! Queues of the calls of one batch: read from the lists of queues and legs, resolved by the rule
//! of [`identity`].
//!
//! [`identity`]: super::identity

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, ListArray, StringArray, StructArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, TimeUnit};
use datafusion::common::{Result, exec_datafusion_err};

use super::identity::{Mention, Resolver};
use super::{entries, list, text};

/// The columns of a batch that say which queues its calls went through.
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
    /// Columns of the types [`queues_type`] and [`legs_type`], or with further fields.
    pub(super) fn try_new(queues: &'a ArrayRef, legs: &'a ArrayRef) -> Result<Self> {
        let (queues, legs) = (queues.as_list::<i32>(), legs.as_list::<i32>());
        let (queue_values, leg_values) = (queues.values().as_struct(), legs.values().as_struct());
        let leg_queues = child(leg_values, "queue")?.as_struct();
        Ok(Self {
            queues,
            queue_values,
            cc_queue_ids: child(queue_values, "cc_queue_id")?.as_string(),
            queue_ids: child(queue_values, "queue_id")?.as_string(),
            queue_names: child(queue_values, "queue_name")?.as_string(),
            legs,
            leg_values,
            leg_queues,
            leg_queue_ids: child(leg_queues, "cc_queue_id")?.as_string(),
            leg_queue_names: child(leg_queues, "queue_name")?.as_string(),
            leg_starts: leg_values.column_by_name("start_time").map(AsArray::as_primitive),
        })
    }

    /// Number of calls.
    pub(super) fn len(&self) -> usize {
        self.queues.len()
    }

    /// A resolver for the entries of these calls.
    pub(super) fn resolver() -> Resolver<'a> {
        Resolver::joining_by_name()
    }

    /// Resolves the call at `row`: the entries of its queues come first, then its legs.
    pub(super) fn resolve(&self, row: usize, resolver: &mut Resolver<'a>) {
        let of_queues = entries(self.queues, row).map(|entry| self.queue(entry));
        let of_legs = entries(self.legs, row).map(|leg| self.leg_queue(leg));
        resolver.resolve(of_queues.chain(of_legs));
    }

    /// Queues that the entries of `queues` name, in their order: the place in the resolved call and
    /// the name given.
    pub(super) fn names_in_order(
        &self,
        row: usize,
        resolver: &Resolver<'a>,
    ) -> impl Iterator<Item = (usize, Option<&'a str>)> {
        let entries = entries(self.queues, row).enumerate();
        entries.filter_map(|(at, entry)| Some((resolver.place(at)?, self.queue(entry).name)))
    }

    /// The legs of the call at `row`, as places among all legs, each with the place of its queue.
    pub(super) fn legs(
        &self,
        row: usize,
        resolver: &Resolver<'a>,
    ) -> impl Iterator<Item = (usize, Option<usize>)> {
        let first = entries(self.queues, row).len();
        let legs = entries(self.legs, row).enumerate();
        legs.filter(|(_, leg)| self.leg_values.is_valid(*leg))
            .map(move |(at, leg)| (leg, resolver.place(first + at)))
    }

    /// The legs of the call at `row` that name a queue, in time. Legs that began at once stay in
    /// the order of the API, those of which no start is known come last.
    pub(super) fn legs_in_time(&self, row: usize, resolver: &Resolver<'a>) -> Vec<(usize, usize)> {
        let legs = self.legs(row, resolver).filter_map(|(leg, queue)| Some((leg, queue?)));
        let mut legs = legs.collect::<Vec<_>>();
        legs.sort_by_key(|(leg, _)| (self.start(*leg).is_none(), self.start(*leg)));
        legs
    }

    /// The start of a leg in ms; `None` where it is not known.
    pub(super) fn start(&self, leg: usize) -> Option<i64> {
        self.leg_starts.filter(|starts| starts.is_valid(leg)).map(|starts| starts.value(leg))
    }

    /// Name that a leg gives its queue.
    pub(super) fn leg_name(&self, leg: usize) -> Option<&'a str> {
        self.leg_queue(leg).name
    }

    /// Values of all legs.
    pub(super) fn leg_values(&self) -> &'a StructArray {
        self.leg_values
    }

    fn queue(&self, entry: usize) -> Mention<'a> {
        if self.queue_values.is_null(entry) {
            return Mention::default();
        }
        Mention {
            id: text(self.cc_queue_ids, entry),
            lesser_id: text(self.queue_ids, entry),
            name: text(self.queue_names, entry),
        }
    }

    fn leg_queue(&self, leg: usize) -> Mention<'a> {
        if self.leg_values.is_null(leg) || self.leg_queues.is_null(leg) {
            return Mention::default();
        }
        Mention { id: text(self.leg_queue_ids, leg), lesser_id: None, name: text(self.leg_queue_names, leg) }
    }
}

/// Type of `queues` with the fields that identify a queue.
pub(super) fn queues_type() -> DataType {
    list(DataType::Struct(texts(&["queue_id", "queue_name", "cc_queue_id"])))
}

/// Type of `voice_call_details` with the fields that identify a leg's queue and those of `further`.
pub(super) fn legs_type(further: impl IntoIterator<Item = (&'static str, DataType)>) -> DataType {
    let queue = ("queue", DataType::Struct(texts(&["cc_queue_id", "queue_name"])));
    let fields = [queue].into_iter().chain(further);
    list(DataType::Struct(fields.map(|(name, data_type)| Field::new(name, data_type, true)).collect()))
}

/// The field of a leg that says when it began.
pub(super) fn leg_start() -> (&'static str, DataType) {
    ("start_time", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())))
}

/// Fields of text.
pub(super) fn texts(names: &[&str]) -> Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

fn child<'a>(values: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("queues and legs have no field {name}"))
}
