//! The JSON of a call as the API writes it, in a view and a time offset.
//!
//! Separate from [`Call`], which also holds fields that the API does not return.

mod parts;

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde::Serialize;

use self::parts::{WireAgent, WireConsumer, WireFlow, WireNumbers, WireQueue, WireSbc};
use crate::call::{Call, Charge, Leg};
use crate::money::Micros;
use crate::vocabulary::{CallResult, CallType, CallingParty, Direction, Distribution, SubType};

/// Level of detail that the API returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// The call without its legs.
    #[default]
    Summary,
    /// The call with its legs.
    Detail,
}

impl View {
    /// Every level, the most detailed first.
    pub const ALL: [Self; 2] = [Self::Detail, Self::Summary];

    /// Returns the name of the level in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Summary => "summary",
        }
    }

    /// Returns a short description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Detail => "Calls with their legs, for the same number of requests",
            Self::Summary => "Calls without legs",
        }
    }
}

impl Call {
    /// Returns the record as the API sends it, with times in `offset`.
    #[must_use]
    pub fn to_json(&self, view: View, offset: FixedOffset) -> serde_json::Value {
        serde_json::to_value(WireCall::new(self, view, offset)).unwrap_or_default()
    }
}

/// Formats a time as the API does: `yyyy-MM-dd'T'HH:mm:ss±HH:mm`.
pub(crate) fn format_time(moment: DateTime<Utc>, offset: FixedOffset) -> String {
    moment.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Returns a list, or `None` if a sparse record omits it because it is empty.
fn list<T>(items: Vec<T>, sparse: bool) -> Option<Vec<T>> {
    (!sparse || !items.is_empty()).then_some(items)
}

#[derive(Serialize)]
pub(crate) struct WireCall<'a> {
    engagement_id: &'a str,
    direction: Direction,
    call_legs: &'a [Direction],
    distributions: &'a [Distribution],
    types: &'a [CallType],
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_types: Option<&'a [SubType]>,
    #[serde(flatten)]
    numbers: WireNumbers<'a>,
    start_time: String,
    end_time: String,
    total_duration: u32,
    #[serde(flatten)]
    consumer: WireConsumer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queues: Option<Vec<WireQueue<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<WireAgent<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flows: Option<Vec<WireFlow<'a>>>,
    recorded: bool,
    monitored: bool,
    inbox: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<CallResult>,
    calling_party: CallingParty,
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_border_controller_list: Option<Vec<WireSbc<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_call_details: Option<Vec<WireLeg<'a>>>,
}

impl<'a> WireCall<'a> {
    pub(crate) fn new(call: &'a Call, view: View, offset: FixedOffset) -> Self {
        let sparse = call.sparse;
        let sbcs: Vec<_> = call.session_border_controllers.iter().map(WireSbc::new).collect();
        Self {
            engagement_id: call.engagement_id.as_str(),
            direction: call.direction,
            call_legs: &call.call_legs,
            distributions: &call.distributions,
            types: &call.types,
            sub_types: (!sparse || !call.sub_types.is_empty()).then_some(&call.sub_types[..]),
            numbers: WireNumbers::new(&call.numbers),
            start_time: format_time(call.start_time, offset),
            end_time: format_time(call.end_time, offset),
            total_duration: call.total_duration,
            consumer: WireConsumer::new(call),
            queues: list(call.queues.iter().map(|q| WireQueue::new(q, true)).collect(), sparse),
            agents: list(call.agents.iter().map(|a| WireAgent::new(a, sparse)).collect(), sparse),
            flows: list(call.flows.iter().map(|f| WireFlow::new(f)).collect(), sparse),
            recorded: call.recorded,
            monitored: call.monitored,
            inbox: call.inbox,
            result: call.result,
            calling_party: call.calling_party,
            charge: write_charge(call.charge),
            rates: list(call.rates.iter().map(Micros::to_string).collect(), sparse),
            charge_type: charge_type(!call.rates.is_empty()),
            // Accounts without the extra fields never receive the list, not even empty.
            session_border_controller_list: list(sbcs, true),
            voice_call_details: (view == View::Detail)
                .then(|| call.legs.iter().map(|leg| WireLeg::new(call, leg, offset)).collect()),
        }
    }
}

fn write_charge(charge: Charge) -> Option<String> {
    match charge {
        Charge::Absent => None,
        Charge::Empty => Some(String::new()),
        Charge::Amount(amount) => Some(amount.to_string()),
    }
}

fn charge_type(charged: bool) -> Option<&'static str> {
    charged.then_some("per_minute")
}

#[derive(Serialize)]
struct WireLeg<'a> {
    engagement_id: &'a str,
    call_leg: Direction,
    distribution: Distribution,
    #[serde(rename = "type")]
    call_type: CallType,
    #[serde(flatten)]
    numbers: WireNumbers<'a>,
    start_time: String,
    end_time: String,
    total_duration: u32,
    #[serde(flatten)]
    consumer: WireConsumer<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<WireQueue<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agents: Option<Vec<WireAgent<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<WireFlow<'a>>,
    recorded: bool,
    monitored: bool,
    inbox: bool,
    result: CallResult,
    calling_party: CallingParty,
    #[serde(skip_serializing_if = "Option::is_none")]
    charge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_type: Option<&'static str>,
}

impl<'a> WireLeg<'a> {
    fn new(call: &'a Call, leg: &'a Leg, offset: FixedOffset) -> Self {
        let agents = leg.agents.iter().map(|a| WireAgent::new(a, call.sparse));
        Self {
            engagement_id: call.engagement_id.as_str(),
            call_leg: leg.call_leg,
            distribution: leg.distribution,
            call_type: leg.call_type,
            numbers: WireNumbers::new(&leg.numbers),
            start_time: format_time(leg.start_time, offset),
            end_time: format_time(leg.end_time, offset),
            total_duration: leg.total_duration,
            consumer: WireConsumer::new(call),
            queue: leg.queue.as_ref().map(|q| WireQueue::new(q, false)),
            agents: list(agents.collect(), call.sparse),
            flow: leg.flow.as_ref().map(|f| WireFlow::new(f)),
            recorded: leg.recorded,
            monitored: leg.monitored,
            inbox: leg.inbox,
            result: leg.result,
            calling_party: leg.calling_party,
            charge: write_charge(leg.charge),
            rate: leg.rate.as_ref().map(Micros::to_string),
            charge_type: charge_type(leg.rate.is_some()),
        }
    }
}
