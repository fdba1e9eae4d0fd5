//! Extraction of a call's visits from its queues and legs, and their conversion to columns.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int32Array, StringArray,
};
use datafusion::common::Result;
use voxlake_model::schema::{CHARGE_PRECISION, money_type};

use super::super::call_queues::CallQueues;
use super::super::identity::{Identity, Resolver};
use super::super::shares::equal_shares;
use crate::lists::nonblank_text;

/// Smallest unscaled amount that exceeds the precision of a charge.
const CHARGE_LIMIT: i128 = 10_i128.pow(CHARGE_PRECISION as u32);

/// A call's visit to one queue. Amounts are in millionths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit<'a> {
    queue: Identity<'a>,
    result: Option<&'a str>,
    from_legs: bool,
    split: Option<i128>,
    legs: Option<i128>,
    outside: Option<i128>,
}

/// Columns of a batch of calls from which visits are extracted. Columns that are not read are
/// `None`.
pub(super) struct CallBatch<'a> {
    queues: CallQueues<'a>,
    leg_results: Option<&'a StringArray>,
    leg_amounts: Option<&'a Decimal128Array>,
    leg_currencies: Option<&'a StringArray>,
    results: Option<&'a StringArray>,
    amounts: Option<&'a Decimal128Array>,
    currencies: Option<&'a StringArray>,
}

impl<'a> CallBatch<'a> {
    /// Creates a batch from columns of one length, with the argument types of `queue_visits`.
    pub(super) fn try_new(
        queues: &'a ArrayRef,
        legs: &'a ArrayRef,
        results: &'a ArrayRef,
        amounts: &'a ArrayRef,
        currencies: &'a ArrayRef,
    ) -> Result<Self> {
        let queues = CallQueues::try_new(queues, legs)?;
        let leg_values = queues.leg_values();
        Ok(Self {
            queues,
            leg_results: leg_values.column_by_name("result").map(AsArray::as_string),
            leg_amounts: leg_values.column_by_name("charge_amount").map(AsArray::as_primitive),
            leg_currencies: leg_values.column_by_name("charge_currency").map(AsArray::as_string),
            results: results.as_string_opt(),
            amounts: amounts.as_primitive_opt(),
            currencies: currencies.as_string_opt(),
        })
    }

    /// Returns the distinct queues of all calls in the order of first appearance, and their number
    /// per call.
    pub(super) fn visits(&self) -> (Vec<Visit<'a>>, Vec<usize>) {
        let (mut all, mut lengths) = (Vec::new(), Vec::with_capacity(self.queues.len()));
        let (mut resolver, mut last_starts) = (CallQueues::resolver(), Vec::new());
        for row in 0..self.queues.len() {
            self.queues.resolve(row, &mut resolver);
            self.visit_all(row, &resolver, &mut last_starts, &mut all);
            lengths.push(resolver.entities().len());
        }
        (all, lengths)
    }

    /// Adds the distinct queues of the call at `row` to `all`. `last_starts` is a reused buffer.
    fn visit_all(
        &self,
        row: usize,
        resolver: &Resolver<'a>,
        last_starts: &mut Vec<Option<i64>>,
        all: &mut Vec<Visit<'a>>,
    ) {
        let first = all.len();
        let result = text_at(self.results, row);
        all.extend(resolver.entities().iter().map(|queue| Visit {
            queue: *queue,
            result,
            from_legs: false,
            split: None,
            legs: Some(0),
            outside: None,
        }));
        let visits = &mut all[first..];
        let usable = self.legs_have_charges(row, resolver);
        // Rest of the call's charge after all legs; `None` once a sum overflows.
        let mut outside = if usable { amount_at(self.amounts, row) } else { None };
        last_starts.clear();
        last_starts.resize(visits.len(), None);
        for (leg, index) in self.queues.legs(row, resolver) {
            let Some(index) = index else { continue };
            let visit = &mut visits[index];
            // Of legs with equal or unknown starts, the last one in the list wins.
            let start = self.queues.start(leg);
            if !visit.from_legs || start >= last_starts[index] {
                last_starts[index] = start;
                visit.result = text_at(self.leg_results, leg);
                visit.from_legs = true;
            }
            let charge = amount_at(self.leg_amounts, leg).unwrap_or(0);
            visit.legs = visit.legs.and_then(|sum| sum.checked_add(charge));
            outside = outside.and_then(|left| left.checked_sub(charge));
        }
        self.share_charge(row, visits, outside);
    }

    /// Returns whether the legs' charges determine what each queue cost.
    fn legs_have_charges(&self, row: usize, resolver: &Resolver<'a>) -> bool {
        let (Some(amounts), Some(_)) = (self.leg_amounts, amount_at(self.amounts, row)) else { return false };
        let currency = text_at(self.currencies, row);
        let legs = self.queues.legs(row, resolver).map(|(leg, _)| leg);
        let mut charged = legs.filter(|leg| amounts.is_valid(*leg)).peekable();
        charged.peek().is_some() && charged.all(|leg| text_at(self.leg_currencies, leg) == currency)
    }

    /// Completes the charges of a call's visits. `outside` is the rest after all legs, if it is
    /// known.
    fn share_charge(&self, row: usize, visits: &mut [Visit<'a>], outside: Option<i128>) {
        if let Some(charge) = amount_at(self.amounts, row) {
            let shares = equal_shares(charge, visits.len());
            for (visit, share) in visits.iter_mut().zip(shares) {
                visit.split = Some(share);
            }
        }
        // A sum that exceeds the precision of a charge makes all charges of legs unknown.
        let fits = |amount: Option<i128>| amount.is_some_and(|amount| amount.abs() < CHARGE_LIMIT);
        let are_known = fits(outside) && visits.iter().all(|visit| fits(visit.legs));
        for (index, visit) in visits.iter_mut().enumerate() {
            visit.legs = visit.legs.filter(|_| are_known);
            visit.outside = if index == 0 { outside } else { Some(0) }.filter(|_| are_known);
        }
    }
}

fn amount_at(column: Option<&Decimal128Array>, row: usize) -> Option<i128> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

fn text_at(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.and_then(|column| nonblank_text(column, row))
}

/// Builds the column of the field `name` of a batch's visits. `lengths` has the visits per call.
pub(super) fn visit_column(name: &str, visits: &[Visit<'_>], lengths: &[usize]) -> ArrayRef {
    let amounts = |of: fn(&Visit<'_>) -> Option<i128>| -> ArrayRef {
        let amounts = visits.iter().map(of).collect::<Decimal128Array>();
        Arc::new(amounts.with_data_type(money_type()))
    };
    // A call with more than 2^31 queues does not fit into a batch.
    let whole = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let counts = lengths.iter().flat_map(|length| std::iter::repeat_n(whole(*length), *length));
    let ordinals = lengths.iter().flat_map(|length| 1..=whole(*length));
    match name {
        "queue_id" => Arc::new(visits.iter().map(|visit| Some(visit.queue.id)).collect::<StringArray>()),
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
