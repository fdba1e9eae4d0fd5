//! The walk over one call's queues and legs, and the columns that its visits become.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int32Array, ListArray, StringArray, StructArray,
};
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
    leg_results: Option<&'a StringArray>,
    leg_amounts: Option<&'a Decimal128Array>,
    leg_currencies: Option<&'a StringArray>,
    results: Option<&'a StringArray>,
    amounts: Option<&'a Decimal128Array>,
    currencies: Option<&'a StringArray>,
}

impl<'a> Calls<'a> {
    /// Columns of the types that `QueueVisits` asks for, of one length. What is not read is unknown.
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
            leg_results: leg_values.column_by_name("result").map(AsArray::as_string),
            leg_amounts: leg_values.column_by_name("charge_amount").map(AsArray::as_primitive),
            leg_currencies: leg_values.column_by_name("charge_currency").map(AsArray::as_string),
            results: results.as_string_opt(),
            amounts: amounts.as_primitive_opt(),
            currencies: currencies.as_string_opt(),
        })
    }

    /// Adds the distinct queues of the call at `row` to `all`, in the order of first appearance.
    pub(super) fn visit_all(&self, row: usize, all: &mut Vec<Visit<'a>>) {
        let first = all.len();
        for entry in entries(self.queues, row) {
            if self.queues.values().is_valid(entry) {
                self.visit(all, first, row, self.queue(entry));
            }
        }
        let usable = self.legs_tell_charges(row);
        // What the legs leave over of the call's charge; None once a sum does not fit.
        let mut outside = if usable { amount(self.amounts, row) } else { None };
        for leg in entries(self.legs, row).filter(|leg| self.leg_values.is_valid(*leg)) {
            let Some(visit) = self.visit(all, first, row, self.leg_queue(leg)) else { continue };
            visit.result = told(self.leg_results, leg);
            visit.from_legs = true;
            let charge = amount(self.leg_amounts, leg).unwrap_or(0);
            visit.legs = visit.legs.and_then(|sum| sum.checked_add(charge));
            outside = outside.and_then(|left| left.checked_sub(charge));
        }
        self.share_charge(row, &mut all[first..], outside);
    }

    /// The visit to `queue` among those of the call, which begin at `first`, new if the call has not been
    /// there yet; `None` if nothing identifies it.
    fn visit<'v>(
        &self,
        all: &'v mut Vec<Visit<'a>>,
        first: usize,
        row: usize,
        queue: Queue<'a>,
    ) -> Option<&'v mut Visit<'a>> {
        queue.id()?;
        let known = all[first..].iter().position(|visit| visit.queue.is(&queue));
        let place = known.map_or(all.len(), |known| first + known);
        if place == all.len() {
            let result = told(self.results, row);
            all.push(Visit { queue, result, from_legs: false, split: None, legs: Some(0), outside: None });
        }
        let visit = &mut all[place];
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
        let (Some(amounts), Some(_)) = (self.leg_amounts, amount(self.amounts, row)) else { return false };
        let currency = told(self.currencies, row);
        let mut charged = entries(self.legs, row)
            .filter(|leg| self.leg_values.is_valid(*leg) && amounts.is_valid(*leg))
            .peekable();
        charged.peek().is_some() && charged.all(|leg| told(self.leg_currencies, leg) == currency)
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

fn amount(column: Option<&Decimal128Array>, row: usize) -> Option<i128> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

fn told(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.and_then(|column| text(column, row))
}

/// The column of the field `name` of a batch's visits, of which each call has one of `lengths`.
pub(super) fn column(name: &str, visits: &[Visit<'_>], lengths: &[usize]) -> ArrayRef {
    let amounts = |of: fn(&Visit<'_>) -> Option<i128>| -> ArrayRef {
        let amounts = visits.iter().map(of).collect::<Decimal128Array>();
        Arc::new(amounts.with_data_type(money()))
    };
    // A call that names more queues than 2^31 does not fit a batch.
    let whole = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let counts = lengths.iter().flat_map(|length| std::iter::repeat_n(whole(*length), *length));
    let ordinals = lengths.iter().flat_map(|length| 1..=whole(*length));
    match name {
        "queue_id" => Arc::new(visits.iter().map(|visit| visit.queue.id()).collect::<StringArray>()),
        "queue_name" => Arc::new(visits.iter().map(|visit| visit.queue.name).collect::<StringArray>()),
        "queue_ordinal" => Arc::new(Int32Array::from_iter_values(ordinals)),
        "queue_count" => Arc::new(Int32Array::from_iter_values(counts)),
        "result" => Arc::new(visits.iter().map(|visit| visit.result).collect::<StringArray>()),
        "from_legs" => Arc::new(visits.iter().map(|visit| Some(visit.from_legs)).collect::<BooleanArray>()),
        "charge_split" => amounts(|visit| visit.split),
        "charge_legs" => amounts(|visit| visit.legs),
        _ => amounts(|visit| visit.outside),
    }
}
