//! The walk over one call's queues and legs, and the arrays that its visits go into.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Decimal128Array, Decimal128Builder, Int32Builder, ListArray,
    StringArray, StringBuilder, StructArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{Field, Fields};
use datafusion::common::{Result, exec_datafusion_err};
use voxlake_model::schema::{CHARGE_PRECISION, money};

use super::super::shares::equal_shares;
use super::super::{entries, text};

/// The least amount that no longer fits the type of a charge.
const TOO_MUCH: i128 = 10_i128.pow(CHARGE_PRECISION as u32);

/// What a call's visit to one queue came to. Amounts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit<'a> {
    queue: Queue<'a>,
    result: Option<&'a str>,
    from_legs: bool,
    split: Option<i128>,
    legs: Option<i128>,
    outside: Option<i128>,
}

/// What a call or one of its legs says about a queue; blank text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Queue<'a> {
    cc_queue_id: Option<&'a str>,
    queue_id: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Queue<'a> {
    /// What identifies the queue; `None` where nothing does.
    fn id(&self) -> Option<&'a str> {
        self.cc_queue_id.or(self.queue_id).or(self.name)
    }

    /// Whether both are the same queue, by the best that both tell. Legs know only the newer id, and
    /// calls of older accounts only the older one: then their names have to do.
    fn is(&self, other: &Self) -> bool {
        let same = |a: Option<&str>, b: Option<&str>| Some(a? == b?);
        same(self.cc_queue_id, other.cc_queue_id)
            .or_else(|| same(self.queue_id, other.queue_id))
            .or_else(|| same(self.name, other.name))
            .unwrap_or(false)
    }

    /// Adds what `other` tells of the same queue.
    fn learn(&mut self, other: &Self) {
        self.cc_queue_id = self.cc_queue_id.or(other.cc_queue_id);
        self.queue_id = self.queue_id.or(other.queue_id);
        self.name = self.name.or(other.name);
    }
}

/// The calls of one batch, by the columns that tell about queues.
pub(super) struct Calls<'a> {
    queues: &'a ListArray,
    /// cc_queue_id, queue_id and queue_name of the entries of `queues`.
    queue_texts: [&'a StringArray; 3],
    legs: &'a ListArray,
    leg_values: &'a StructArray,
    leg_queue: &'a StructArray,
    leg_cc_queue_id: &'a StringArray,
    leg_queue_name: &'a StringArray,
    leg_results: &'a StringArray,
    leg_amounts: &'a Decimal128Array,
    leg_currencies: &'a StringArray,
    results: &'a StringArray,
    amounts: &'a Decimal128Array,
    currencies: &'a StringArray,
}

impl<'a> Calls<'a> {
    /// Columns of the types that `QueueVisits` asks for, of one length.
    pub(super) fn try_new(
        queues: &'a ArrayRef,
        legs: &'a ArrayRef,
        results: &'a ArrayRef,
        amounts: &'a ArrayRef,
        currencies: &'a ArrayRef,
    ) -> Result<Self> {
        let (queues, legs) = (queues.as_list::<i32>(), legs.as_list::<i32>());
        let (queue_values, leg_values) = (queues.values().as_struct(), legs.values().as_struct());
        let leg_queue = child(leg_values, "queue")?.as_struct();
        let queue_text = |name| child(queue_values, name).map(AsArray::as_string::<i32>);
        Ok(Self {
            queues,
            queue_texts: [queue_text("cc_queue_id")?, queue_text("queue_id")?, queue_text("queue_name")?],
            legs,
            leg_values,
            leg_queue,
            leg_cc_queue_id: child(leg_queue, "cc_queue_id")?.as_string(),
            leg_queue_name: child(leg_queue, "queue_name")?.as_string(),
            leg_results: child(leg_values, "result")?.as_string(),
            leg_amounts: child(leg_values, "charge_amount")?.as_primitive(),
            leg_currencies: child(leg_values, "charge_currency")?.as_string(),
            results: results.as_string(),
            amounts: amounts.as_primitive(),
            currencies: currencies.as_string(),
        })
    }

    /// The distinct queues of the call at `row`, in the order of first appearance.
    pub(super) fn visits(&self, row: usize) -> Vec<Visit<'a>> {
        let mut visits: Vec<Visit<'a>> = Vec::new();
        for entry in entries(self.queues, row) {
            if self.queues.values().is_valid(entry) {
                self.visit(&mut visits, row, self.queue(entry));
            }
        }
        let usable = self.legs_tell_charges(row);
        // What the legs leave over of the call's charge; None once a sum does not fit.
        let mut outside = if usable { amount(self.amounts, row) } else { None };
        for leg in entries(self.legs, row).filter(|leg| self.leg_values.is_valid(*leg)) {
            let Some(visit) = self.visit(&mut visits, row, self.leg_queue(leg)) else { continue };
            visit.result = text(self.leg_results, leg);
            visit.from_legs = true;
            let charge = amount(self.leg_amounts, leg).unwrap_or(0);
            visit.legs = visit.legs.and_then(|sum| sum.checked_add(charge));
            outside = outside.and_then(|left| left.checked_sub(charge));
        }
        self.share_charge(row, &mut visits, outside);
        visits
    }

    /// The visit to `queue`, new if the call has not been there yet; `None` if nothing identifies it.
    fn visit<'v>(
        &self,
        visits: &'v mut Vec<Visit<'a>>,
        row: usize,
        queue: Queue<'a>,
    ) -> Option<&'v mut Visit<'a>> {
        queue.id()?;
        let place = visits.iter().position(|visit| visit.queue.is(&queue)).unwrap_or(visits.len());
        if place == visits.len() {
            let result = text(self.results, row);
            visits.push(Visit { queue, result, from_legs: false, split: None, legs: Some(0), outside: None });
        }
        let visit = &mut visits[place];
        visit.queue.learn(&queue);
        Some(visit)
    }

    fn queue(&self, entry: usize) -> Queue<'a> {
        let [cc_queue_id, queue_id, name] = self.queue_texts.map(|column| text(column, entry));
        Queue { cc_queue_id, queue_id, name }
    }

    fn leg_queue(&self, leg: usize) -> Queue<'a> {
        let told =
            |column: &'a StringArray| if self.leg_queue.is_null(leg) { None } else { text(column, leg) };
        Queue { cc_queue_id: told(self.leg_cc_queue_id), queue_id: None, name: told(self.leg_queue_name) }
    }

    /// Whether the legs say what each queue of the call cost.
    fn legs_tell_charges(&self, row: usize) -> bool {
        let currency = text(self.currencies, row);
        let mut charged = entries(self.legs, row)
            .filter(|leg| self.leg_values.is_valid(*leg) && self.leg_amounts.is_valid(*leg))
            .peekable();
        self.amounts.is_valid(row)
            && charged.peek().is_some()
            && charged.all(|leg| text(self.leg_currencies, leg) == currency)
    }

    /// Completes the charges of a call's visits; `outside` is what legs left over, if they tell.
    fn share_charge(&self, row: usize, visits: &mut [Visit<'a>], outside: Option<i128>) {
        if let Some(charge) = amount(self.amounts, row) {
            let shares = equal_shares(charge, visits.len());
            for (visit, share) in visits.iter_mut().zip(shares) {
                visit.split = Some(share);
            }
        }
        // A sum that outgrows the type of a charge is no charge: then the legs do not tell.
        let fits = |amount: Option<i128>| amount.is_some_and(|amount| amount.abs() < TOO_MUCH);
        let tell = fits(outside) && visits.iter().all(|visit| fits(visit.legs));
        for (place, visit) in visits.iter_mut().enumerate() {
            visit.legs = visit.legs.filter(|_| tell);
            visit.outside = if place == 0 { outside } else { Some(0) }.filter(|_| tell);
        }
    }
}

/// The column of an entry's field.
fn child<'a>(values: &'a StructArray, name: &str) -> Result<&'a ArrayRef> {
    values.column_by_name(name).ok_or_else(|| exec_datafusion_err!("queue_visits: no field {name}"))
}

fn amount(column: &Decimal128Array, row: usize) -> Option<i128> {
    column.is_valid(row).then(|| column.value(row))
}

/// The list column that the visits of a batch become.
pub(super) struct VisitsBuilder {
    fields: Fields,
    lengths: Vec<usize>,
    ids: StringBuilder,
    names: StringBuilder,
    ordinals: Int32Builder,
    counts: Int32Builder,
    results: StringBuilder,
    from_legs: BooleanBuilder,
    split: Decimal128Builder,
    legs: Decimal128Builder,
    outside: Decimal128Builder,
}

impl VisitsBuilder {
    /// For entries of these fields.
    pub(super) fn new(fields: Fields) -> Self {
        let amounts = || Decimal128Builder::new().with_data_type(money());
        Self {
            fields,
            lengths: Vec::new(),
            ids: StringBuilder::new(),
            names: StringBuilder::new(),
            ordinals: Int32Builder::new(),
            counts: Int32Builder::new(),
            results: StringBuilder::new(),
            from_legs: BooleanBuilder::new(),
            split: amounts(),
            legs: amounts(),
            outside: amounts(),
        }
    }

    /// One more call.
    pub(super) fn append(&mut self, visits: &[Visit<'_>]) {
        self.lengths.push(visits.len());
        let count = i32::try_from(visits.len()).unwrap_or(i32::MAX);
        for (visit, ordinal) in visits.iter().zip(1_i32..) {
            self.ids.append_option(visit.queue.id());
            self.names.append_option(visit.queue.name);
            self.ordinals.append_value(ordinal);
            self.counts.append_value(count);
            self.results.append_option(visit.result);
            self.from_legs.append_value(visit.from_legs);
            self.split.append_option(visit.split);
            self.legs.append_option(visit.legs);
            self.outside.append_option(visit.outside);
        }
    }

    /// The column.
    pub(super) fn finish(mut self) -> Result<ListArray> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.ids.finish()),
            Arc::new(self.names.finish()),
            Arc::new(self.ordinals.finish()),
            Arc::new(self.counts.finish()),
            Arc::new(self.results.finish()),
            Arc::new(self.from_legs.finish()),
            Arc::new(self.split.finish()),
            Arc::new(self.legs.finish()),
            Arc::new(self.outside.finish()),
        ];
        let visits = StructArray::try_new(self.fields, columns, None)?;
        let item = Arc::new(Field::new_list_field(visits.data_type().clone(), true));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        Ok(ListArray::try_new(item, offsets, Arc::new(visits), None)?)
    }
}
