//! Plan of a call: start, duration, direction, queue and result.
//!
//! A plan costs little to generate and does not depend on the rest of the call. The generator looks
//! up plans of earlier calls to find callers who call again. The server counts the calls of a month
//! by their plans alone.

use super::model::CentreModel;
use super::slot::Slot;
use crate::rng::Rng;
use crate::vocabulary::{CallResult as R, CallType, Direction, Distribution};

/// Random number stream of plans: "PL" in ASCII.
const PLAN: u64 = 0x_50_4C;

/// Maximum duration of a call, in seconds.
pub(crate) const MAX_CALL_SECONDS: u32 = 4 * 3600;

/// Properties of a call that are drawn before all others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// Start, in seconds since 1970.
    pub(crate) start: i64,
    /// Duration in seconds.
    pub(crate) duration: u32,
    pub(crate) direction: Direction,
    pub(crate) distribution: Distribution,
    pub(crate) call_type: CallType,
    /// Index of the first queue. `None` for calls that end in the flow (contained) or that reach an
    /// agent without a queue.
    pub(crate) queue: Option<usize>,
    pub(crate) result: R,
    /// True for a cost outlier: a call of several hours to the most expensive country.
    pub(crate) is_costly: bool,
}

impl Plan {
    pub(crate) fn is_internal(&self) -> bool {
        matches!(
            self.call_type,
            CallType::InternalCall | CallType::InternalConferenceCall | CallType::InternalCallbackCall
        )
    }
}

/// Shares of the results of inbound calls through the flow and the queues, in percent.
const INBOUND_RESULTS: [(R, f64); 16] = [
    (R::Completed, 60.0),
    (R::Contained, 11.0),
    (R::LongAbandoned, 7.0),
    (R::ShortAbandoned, 5.0),
    (R::ShortCalls, 3.0),
    (R::LongCalls, 2.5),
    (R::OverflowedToInbox, 1.8),
    (R::Missed, 1.8),
    (R::AbandonQuit, 1.5),
    (R::Overflowed, 1.5),
    (R::HoldAbandoned, 1.2),
    (R::HangUpCalls, 1.0),
    (R::OverflowedToDisconnect, 0.8),
    (R::CallbackAbandonedByConsumer, 0.6),
    (R::Declined, 0.5),
    (R::AutoClosed, 0.4),
];

/// Shares of the results of inbound calls directly to an agent, in percent.
const DIRECT_RESULTS: [(R, f64); 6] = [
    (R::Completed, 72.0),
    (R::Missed, 15.0),
    (R::ShortCalls, 4.0),
    (R::Declined, 4.0),
    (R::OverflowedToInbox, 3.0),
    (R::LongCalls, 2.0),
];

/// Shares of the results of outbound calls, in percent.
const OUTBOUND_RESULTS: [(R, f64); 8] = [
    (R::Completed, 66.0),
    (R::Missed, 14.0),
    (R::ShortCalls, 7.0),
    (R::HangUpCalls, 6.0),
    (R::Declined, 3.5),
    (R::LongCalls, 1.5),
    (R::CallbackAbandonedByConsumer, 1.2),
    (R::AutoClosed, 0.8),
];

/// Shares of the results of internal calls, in percent.
const INTERNAL_RESULTS: [(R, f64); 3] = [(R::Completed, 80.0), (R::Missed, 15.0), (R::Declined, 5.0)];

impl CentreModel {
    /// Generates the plan of the call in a slot. The same slot always gives the same plan.
    pub(crate) fn plan(&self, slot: Slot) -> Plan {
        let mut rng = self.rng(PLAN, slot);
        let start = slot.minute * 60 + i64::from(rng.below(60));
        let mut plan =
            if rng.chance(0.8) { self.plan_inbound(slot, &mut rng) } else { self.plan_outbound(&mut rng) };
        plan.start = start;
        plan.duration = if plan.is_costly {
            rng.between(8000, MAX_CALL_SECONDS - 600)
        } else {
            random_duration(plan.result, plan.queue, &mut rng)
        };
        plan
    }

    fn plan_inbound(&self, slot: Slot, rng: &mut Rng) -> Plan {
        let direct = rng.chance(0.05);
        let queue = self.directory.random_queue(rng);
        let result = if direct {
            pick_result(&DIRECT_RESULTS, rng, |_, weight| weight)
        } else {
            // Callers give up more often in busy hours, and in some queues more than in others.
            let impatience = 0.4 + 0.45 * self.seasonality.load(slot.minute).min(4.0);
            let impatience = impatience * self.directory.impatience(queue);
            pick_result(&INBOUND_RESULTS, rng, |result, weight| {
                if result.gave_up() || result == R::OverflowedToInbox { weight * impatience } else { weight }
            })
        };
        let has_no_queue = direct || result == R::Contained;
        let callback = !direct && result != R::Contained && rng.chance(0.03);
        Plan {
            start: 0,
            duration: 0,
            direction: Direction::Inbound,
            distribution: if direct { Distribution::NonAcd } else { Distribution::Acd },
            call_type: if callback || result == R::CallbackAbandonedByConsumer {
                CallType::ExternalCallbackCall
            } else {
                CallType::ExternalCall
            },
            queue: (!has_no_queue).then_some(queue),
            result,
            is_costly: false,
        }
    }

    fn plan_outbound(&self, rng: &mut Rng) -> Plan {
        let internal = rng.chance(0.03);
        let is_costly = !internal && rng.chance(0.0006);
        let through_acd = !internal && !is_costly && rng.chance(0.06);
        let queue = self.directory.random_queue(rng);
        let result = if internal {
            pick_result(&INTERNAL_RESULTS, rng, |_, weight| weight)
        } else if is_costly {
            R::LongCalls
        } else {
            pick_result(&OUTBOUND_RESULTS, rng, |_, weight| weight)
        };
        let callback = result == R::CallbackAbandonedByConsumer || rng.chance(0.06);
        Plan {
            start: 0,
            duration: 0,
            direction: Direction::Outbound,
            distribution: if through_acd { Distribution::Acd } else { Distribution::NonAcd },
            call_type: match (internal, callback) {
                (true, true) => CallType::InternalCallbackCall,
                (true, false) if rng.chance(0.1) => CallType::InternalConferenceCall,
                (true, false) => CallType::InternalCall,
                (false, true) => CallType::ExternalCallbackCall,
                (false, false) => CallType::ExternalCall,
            },
            queue: through_acd.then_some(queue),
            result,
            is_costly,
        }
    }
}

/// Draws a result. `weigh` adjusts the share of each.
fn pick_result<const N: usize>(shares: &[(R, f64); N], rng: &mut Rng, weigh: impl Fn(R, f64) -> f64) -> R {
    let weights = shares.map(|(result, share)| weigh(result, share));
    shares[rng.weighted(weights.into_iter())].0
}

/// Draws the duration of a call with this result, in seconds.
fn random_duration(result: R, queue: Option<usize>, rng: &mut Rng) -> u32 {
    // The duration depends on the queue: a factor of 0.7 to 1.5, or 0.8 without a queue.
    let factor = queue.map_or(0.8, |queue| 0.7 + 0.1 * (queue % 9) as f64);
    match result {
        R::Completed => rng.long_tailed(250.0 * factor, 0.8, 21, MAX_CALL_SECONDS),
        R::LongCalls => rng.long_tailed(2700.0, 0.4, 1800, MAX_CALL_SECONDS),
        R::HoldAbandoned => rng.long_tailed(320.0 * factor, 0.6, 40, 3600),
        R::LongAbandoned => rng.long_tailed(95.0 * factor, 0.8, 11, 1800),
        R::Overflowed | R::OverflowedToDisconnect => rng.long_tailed(300.0, 0.3, 60, 900),
        R::OverflowedToInbox => rng.long_tailed(240.0, 0.4, 45, 900),
        R::Contained => rng.long_tailed(55.0, 0.6, 4, 600),
        R::AbandonQuit => rng.between(15, 90),
        R::CallbackAbandonedByConsumer => rng.between(5, 60),
        R::Missed => rng.between(12, 45),
        R::Declined => rng.between(3, 30),
        R::ShortCalls => rng.between(3, 20),
        R::HangUpCalls => rng.between(1, 12),
        R::ShortAbandoned => rng.between(1, 10),
        R::AutoClosed => rng.between(0, 20),
    }
}
