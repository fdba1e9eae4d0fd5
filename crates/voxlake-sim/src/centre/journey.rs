//! The stops of a call in the centre, from which its legs are built.

use super::model::CentreModel;
use super::plan::Plan;
use crate::rng::Rng;
use crate::vocabulary::{CallResult, CallType, Direction, Distribution, SubType};

/// One stop of a call. Queues, agents and flows are indexes into the directory.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) direction: Direction,
    pub(crate) distribution: Distribution,
    pub(crate) call_type: CallType,
    pub(crate) sub_type: Option<SubType>,
    pub(crate) queue: Option<usize>,
    pub(crate) agents: Vec<usize>,
    pub(crate) flow: Option<usize>,
    pub(crate) result: CallResult,
    /// Seconds.
    pub(crate) duration: u32,
}

use CallResult as R;

impl CentreModel {
    /// Returns the stops of a call, at least one. Their durations add up to the plan's.
    pub(crate) fn journey(&self, plan: &Plan, rng: &mut Rng) -> Vec<Stop> {
        let durations = split_duration(plan.duration, count_stops(plan, rng), rng);
        let mut stops: Vec<Stop> = Vec::with_capacity(durations.len());
        for (place, duration) in durations.iter().enumerate() {
            let last = place + 1 == durations.len();
            let mut stop = match stops.last() {
                None => self.first_stop(plan, rng),
                Some(before) => self.transfer(plan, before, last, rng),
            };
            stop.duration = *duration;
            stop.result = if last {
                plan.result
            } else if rng.chance(0.85) {
                R::Completed
            } else {
                R::Overflowed
            };
            self.assign_agent(plan, &mut stop, rng);
            stops.push(stop);
        }
        if let Some(stop) = stops.last_mut() {
            self.add_conference(plan, stop, rng);
        }
        stops
    }

    fn first_stop(&self, plan: &Plan, rng: &mut Rng) -> Stop {
        let inbound_acd = plan.direction == Direction::Inbound && plan.distribution == Distribution::Acd;
        let external = plan.direction == Direction::Outbound && !plan.is_internal();
        let by_flow = external && rng.chance(0.04);
        let through_flow = by_flow || plan.result == R::Contained || (inbound_acd && rng.chance(0.93));
        Stop {
            direction: plan.direction,
            distribution: plan.distribution,
            call_type: plan.call_type,
            sub_type: by_flow.then_some(SubType::FlowInitiatedOutgoingCall),
            queue: plan.queue,
            agents: Vec::new(),
            // The first flow is the main menu, which gets half of the calls.
            flow: through_flow
                .then(|| if rng.chance(0.5) { 0 } else { rng.index(self.directory.flows.len()) }),
            result: plan.result,
            duration: 0,
        }
    }

    /// Transfers the call: mostly to another queue, else to an agent or to an outside number.
    fn transfer(&self, plan: &Plan, before: &Stop, last: bool, rng: &mut Rng) -> Stop {
        let warm = rng.chance(0.4);
        let route = rng.unit();
        let outside = route < 0.12 && last && matches!(plan.result, R::Completed | R::LongCalls);
        let straight = !outside && (plan.queue.is_none() || (route > 0.9 && plan.result.reached_an_agent()));
        let queue = if outside || straight {
            None
        } else if before.queue.is_some() && rng.chance(0.1) {
            before.queue
        } else {
            Some(self.directory.random_queue(rng))
        };
        Stop {
            direction: if outside { Direction::Outbound } else { before.direction },
            distribution: if queue.is_some() { Distribution::Acd } else { Distribution::NonAcd },
            call_type: if outside || !plan.is_internal() {
                CallType::ExternalCall
            } else {
                CallType::InternalCall
            },
            sub_type: Some(match (outside, warm) {
                (true, true) => SubType::ExternalWarmTransferCall,
                (true, false) => SubType::ExternalDirectTransferCall,
                (false, true) => SubType::InternalWarmTransferCall,
                (false, false) => SubType::InternalDirectTransferCall,
            }),
            queue,
            agents: Vec::new(),
            // 5 % pass through a flow again.
            flow: (queue.is_some() && rng.chance(0.05)).then(|| rng.index(self.directory.flows.len())),
            result: R::Completed,
            duration: 0,
        }
    }

    /// Adds the agent of a stop, unless the caller gave up, was transferred before an answer, or
    /// was transferred to an outside number.
    fn assign_agent(&self, plan: &Plan, stop: &mut Stop, rng: &mut Rng) {
        let transferred_outside = matches!(
            stop.sub_type,
            Some(SubType::ExternalWarmTransferCall | SubType::ExternalDirectTransferCall)
        );
        let by_flow = stop.sub_type == Some(SubType::FlowInitiatedOutgoingCall);
        let answered = match stop.result {
            // An agent missed or declined the call, or hung up.
            R::Missed | R::Declined => stop.queue.is_none() || stop.result == R::Declined,
            R::HangUpCalls => plan.direction == Direction::Outbound,
            result => result.reached_an_agent(),
        };
        let placed_by_agent = plan.direction == Direction::Outbound;
        if (answered || placed_by_agent) && !transferred_outside && !by_flow {
            stop.agents.push(self.directory.random_agent(stop.queue, rng));
        }
    }

    /// Turns some calls into conferences with a second agent or an outside party.
    fn add_conference(&self, plan: &Plan, stop: &mut Stop, rng: &mut Rng) {
        let asked = plan.call_type == CallType::InternalConferenceCall;
        let can = stop.result.reached_an_agent() && stop.agents.len() == 1 && stop.sub_type.is_none();
        if !(can && (asked || rng.chance(0.025))) {
            return;
        }
        let outside = !plan.is_internal() && rng.chance(0.3);
        if !outside {
            let colleague = self.directory.random_agent(None, rng);
            if !stop.agents.contains(&colleague) {
                stop.agents.push(colleague);
            }
        }
        stop.call_type = if plan.is_internal() {
            CallType::InternalConferenceCall
        } else {
            CallType::ExternalConferenceCall
        };
        stop.sub_type = Some(match (outside, rng.chance(0.5)) {
            (true, true) => SubType::ExternalWarmConferenceCall,
            (true, false) => SubType::ExternalDirectConferenceCall,
            (false, true) => SubType::InternalWarmConferenceCall,
            (false, false) => SubType::InternalDirectConferenceCall,
        });
    }
}

fn count_stops(plan: &Plan, rng: &mut Rng) -> usize {
    let weights: &[f64] = match plan.result {
        _ if plan.is_costly || plan.is_internal() => &[1.0],
        R::Completed | R::LongCalls | R::HoldAbandoned if plan.queue.is_some() => &[83.0, 12.0, 3.5, 1.5],
        R::Completed | R::LongCalls => &[96.0, 4.0],
        R::LongAbandoned if plan.queue.is_some() => &[92.0, 7.0, 1.0],
        R::Overflowed | R::OverflowedToInbox | R::OverflowedToDisconnect if plan.queue.is_some() => {
            &[55.0, 40.0, 5.0]
        }
        _ => &[1.0],
    };
    1 + rng.weighted(weights.iter().copied())
}

/// Splits a duration into at most `parts` parts. None is empty unless the whole is.
fn split_duration(total: u32, parts: usize, rng: &mut Rng) -> Vec<u32> {
    let mut left = total;
    let mut rest = u32::try_from(parts).unwrap_or(1).clamp(1, total.max(1));
    let mut out = Vec::with_capacity(parts);
    while rest > 1 {
        let fair = f64::from(left) / f64::from(rest);
        let part = crate::rng::whole(fair * (0.3 + 1.4 * rng.unit())).clamp(1, left + 1 - rest);
        out.push(part);
        left -= part;
        rest -= 1;
    }
    out.push(left);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_empty_and_add_up() {
        let mut rng = Rng::new(&[4]);
        for total in 0..400 {
            for parts in 1..=4 {
                let cut = split_duration(total, parts, &mut rng);
                assert_eq!(cut.iter().sum::<u32>(), total);
                assert!(total == 0 || cut.iter().all(|part| *part > 0), "{cut:?}");
                assert!(cut.len() <= parts);
            }
        }
    }
}
