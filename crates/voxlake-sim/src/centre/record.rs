//! Builds the call of a plan, with its agents, numbers, legs and charges.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::consumers::Consumer;
use super::countries::{COUNTRIES, Country, HOME};
use super::journey::Stop;
use super::model::CentreModel;
use super::plan::Plan;
use super::slot::Slot;
use crate::call::{Call, CallAgent, Charge, Leg, Numbers, SessionBorderController};
use crate::money::{Micros, billed_minutes};
use crate::rng::Rng;
use crate::vocabulary::{CallingParty, Direction, NumberType};

const RECORD: u64 = 0x_52_43;
const CALLER: u64 = 0x_43_41;
const REPEAT: u64 = 0x_52_45;
/// Numbers of each kind that the centre has in a country.
const LINES_PER_KIND: u32 = 12;

/// The party at the other end of a call.
#[derive(Debug, Clone, Copy)]
enum Counterparty {
    Consumer(u32),
    /// The network reports the number as hidden.
    Anonymous,
    /// The network reports no number.
    Unknown,
}

/// The centre's number of a call.
struct Line {
    number: String,
    kind: NumberType,
    rate: Option<Micros>,
}

impl CentreModel {
    /// Builds the call of a slot from its plan; `None` outside the range of `DateTime`.
    pub(crate) fn record(&self, slot: Slot, plan: &Plan) -> Option<Call> {
        let start = DateTime::from_timestamp(plan.start, 0)?;
        let end = DateTime::from_timestamp(plan.start + i64::from(plan.duration), 0)?;
        let mut rng = self.rng(RECORD, slot);
        let consumer = match self.counterparty(slot, plan) {
            Counterparty::Consumer(id) => Ok(self.consumers.get(id)),
            Counterparty::Anonymous => Err(Some("anonymous".to_owned())),
            Counterparty::Unknown => Err(None),
        };
        let internal = plan.is_internal();
        let country = consumer.as_ref().ok().map(|c| c.country);
        let line = (!internal).then(|| choose_line(country, plan.direction, &mut rng));
        let number = match &consumer {
            _ if internal => None,
            Ok(consumer) => Some(consumer.number.clone()),
            Err(hidden) => hidden.clone(),
        };
        let numbers = Arc::new(numbers(plan.direction, number.clone(), line.as_ref()));
        let rate = line.as_ref().and_then(|line| line.rate);
        let stops = self.journey(plan, &mut rng);
        let mut legs = self.legs(start, plan, &stops, &numbers, &mut rng)?;
        let charge = charge_legs(rate, &mut legs, &mut rng);
        let known: Option<Consumer> = consumer.ok().filter(|_| !internal);
        let located = known.as_ref().filter(|_| !rng.chance(0.01));
        Some(Call {
            engagement_id: self.engagement_id(slot),
            direction: plan.direction,
            call_legs: distinct(legs.iter().map(|leg| leg.call_leg)),
            distributions: distinct(legs.iter().map(|leg| leg.distribution)),
            types: distinct(legs.iter().map(|leg| leg.call_type)),
            sub_types: distinct(legs.iter().filter_map(|leg| leg.sub_type)),
            start_time: start,
            end_time: end,
            total_duration: plan.duration,
            consumer_number: number,
            country_name: located.map(|consumer| consumer.country.name),
            country_iso_code: located.map(|consumer| consumer.country.iso_code),
            consumer_display_name: known.and_then(|consumer| consumer.display_name),
            queues: distinct(legs.iter().filter_map(|leg| leg.queue.clone())),
            agents: distinct(legs.iter().flat_map(|leg| leg.agents.iter().cloned())),
            flows: distinct(legs.iter().filter_map(|leg| leg.flow.clone())),
            recorded: legs.iter().any(|leg| leg.recorded),
            monitored: legs.iter().any(|leg| leg.monitored),
            inbox: legs.iter().any(|leg| leg.inbox),
            result: (!rng.chance(0.0005)).then_some(plan.result),
            calling_party: calling_party(plan.direction),
            charge,
            rates: rate.into_iter().collect(),
            session_border_controllers: border_controllers(line.as_ref(), &mut rng),
            sparse: rng.chance(0.08),
            numbers,
            legs,
        })
    }

    /// Returns the party at the other end: a new caller, or the caller of an earlier call.
    ///
    /// A repeat call takes the *own* consumer of an earlier slot, even if that slot is itself a
    /// repeat call. The lookup is therefore never recursive.
    fn counterparty(&self, slot: Slot, plan: &Plan) -> Counterparty {
        let mut rng = self.rng(REPEAT, slot);
        if plan.is_costly {
            return Counterparty::Consumer(self.consumers.random_remote(&mut rng));
        }
        let again = match plan.direction {
            Direction::Inbound => 0.2,
            Direction::Outbound => 0.35,
        };
        if rng.chance(again) {
            for _ in 0..3 {
                // From three minutes to a week; shorter lags are more likely.
                let lag = crate::rng::whole(3.0 * 3360.0_f64.powf(rng.unit()));
                let minute = slot.minute - i64::from(lag);
                let count = self.count(minute);
                if count == 0 {
                    continue;
                }
                let earlier = Slot { minute, index: rng.below(count) };
                if self.plan(earlier).result.gave_up() || rng.chance(0.3) {
                    return self.own_consumer(earlier);
                }
            }
        }
        self.own_consumer(slot)
    }

    fn own_consumer(&self, slot: Slot) -> Counterparty {
        let mut rng = self.rng(CALLER, slot);
        let kind = rng.unit();
        if kind < 0.02 {
            Counterparty::Unknown
        } else if kind < 0.035 {
            Counterparty::Anonymous
        } else {
            Counterparty::Consumer(self.consumers.random_caller(&mut rng))
        }
    }

    fn legs(
        &self,
        start: DateTime<Utc>,
        plan: &Plan,
        stops: &[Stop],
        numbers: &Arc<Numbers>,
        rng: &mut Rng,
    ) -> Option<Vec<Leg>> {
        let directory = &self.directory;
        let mut begins = start;
        let with_devices = rng.chance(0.03);
        let mut legs = Vec::with_capacity(stops.len());
        for stop in stops {
            let spoken = stop.result.reached_an_agent() && !stop.agents.is_empty();
            let ends = begins.checked_add_signed(chrono::TimeDelta::seconds(stop.duration.into()))?;
            legs.push(Leg {
                call_leg: stop.direction,
                distribution: stop.distribution,
                call_type: stop.call_type,
                sub_type: stop.sub_type,
                numbers: Arc::clone(numbers),
                start_time: begins,
                end_time: ends,
                total_duration: stop.duration,
                queue: stop.queue.map(|place| Arc::clone(&directory.queues[place])),
                agents: stop
                    .agents
                    .iter()
                    .map(|place| CallAgent {
                        agent: Arc::clone(&directory.agents[*place]),
                        device: with_devices.then(|| directory.device(*place)),
                    })
                    .collect(),
                flow: stop.flow.map(|place| Arc::clone(&directory.flows[place])),
                recorded: spoken && rng.chance(0.75),
                monitored: spoken && rng.chance(0.03),
                inbox: stop.result == crate::CallResult::OverflowedToInbox,
                result: stop.result,
                calling_party: calling_party(plan.direction),
                charge: Charge::Absent,
                rate: None,
            });
            begins = ends;
        }
        Some(legs)
    }
}

/// Sets the charges of the legs and returns the call's. Each started minute is charged to the leg
/// in which it starts.
fn charge_legs(rate: Option<Micros>, legs: &mut [Leg], rng: &mut Rng) -> Charge {
    // Some calls have no charge although they have a rate.
    let missing = match rng.unit() {
        kind if kind < 0.006 => Some(Charge::Absent),
        kind if kind < 0.012 || (rate.is_none() && kind < 0.5) => Some(Charge::Empty),
        _ => None,
    };
    let mut elapsed = 0;
    for leg in legs.iter_mut() {
        let before = billed_minutes(elapsed);
        elapsed += leg.total_duration;
        leg.rate = rate;
        leg.charge = missing.unwrap_or(
            rate.map_or(Charge::Absent, |rate| Charge::Amount(rate.times(billed_minutes(elapsed) - before))),
        );
    }
    missing.unwrap_or(rate.map_or(Charge::Absent, |rate| Charge::Amount(rate.times(billed_minutes(elapsed)))))
}

/// Draws a number of the centre in the consumer's country, with the home country as fallback.
fn choose_line(country: Option<&'static Country>, direction: Direction, rng: &mut Rng) -> Line {
    let kind = match rng.below(100) {
        0..45 => NumberType::TollFree,
        45..86 => NumberType::VirtualService,
        _ => NumberType::Byoc,
    };
    let home = &COUNTRIES[HOME];
    let country = country.unwrap_or(home);
    let line_in = |place: &Country, kind| place.line(kind).map(|(prefix, rate)| (prefix, kind, rate));
    let (prefix, kind, inbound) = line_in(country, kind)
        .or_else(|| line_in(country, NumberType::VirtualService))
        .or_else(|| line_in(home, NumberType::VirtualService))
        .unwrap_or(("+120655501", NumberType::VirtualService, None));
    Line {
        number: format!("{prefix}{:02}", rng.below(LINES_PER_KIND)),
        kind,
        rate: match direction {
            Direction::Inbound => inbound,
            Direction::Outbound => (kind != NumberType::Byoc).then_some(country.outbound),
        },
    }
}

fn numbers(direction: Direction, consumer: Option<String>, line: Option<&Line>) -> Numbers {
    let (ours, kind) = (line.map(|l| l.number.clone()), line.map(|l| l.kind));
    match direction {
        Direction::Inbound => Numbers {
            caller_id: consumer.clone(),
            caller_number: consumer,
            caller_number_type: None,
            callee_number: ours,
            callee_number_type: kind,
        },
        Direction::Outbound => Numbers {
            caller_id: ours.clone(),
            caller_number: ours,
            caller_number_type: kind,
            callee_number: consumer,
            callee_number_type: None,
        },
    }
}

fn border_controllers(line: Option<&Line>, rng: &mut Rng) -> Vec<SessionBorderController> {
    let own_carrier = line.is_some_and(|line| line.kind == NumberType::Byoc);
    if !own_carrier || rng.chance(0.7) {
        return Vec::new();
    }
    let zone = rng.between(1, 3);
    vec![SessionBorderController {
        session_border_controller_name: format!("sim{zone}sbc"),
        session_border_controller_ip_address: format!("203.0.113.{zone}"),
        consumer_zoom_trunk_name: format!("SIM{:06}", rng.below(40)),
        consumer_sbc_ip_address: format!("192.0.2.{}", rng.below(256)),
    }]
}

fn calling_party(direction: Direction) -> CallingParty {
    match direction {
        Direction::Inbound => CallingParty::Consumer,
        Direction::Outbound => CallingParty::Agent,
    }
}

/// Returns the distinct items in order of appearance. The lists are short, so a quadratic search is
/// cheap.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut out = Vec::new();
    for item in items {
        if !out.contains(&item) {
            out.push(item);
        }
    }
    out
}
