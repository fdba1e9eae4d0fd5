//! The call record of the API as plain data, with its legs.
//!
//! Field names are those of the API. These types hold the facts of a call; [`Call::to_json`] writes
//! them in the API's format.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use crate::money::Micros;
use crate::vocabulary::{CallResult, CallType, CallingParty, Direction, Distribution, NumberType, SubType};

/// An engagement's id: 22 characters of base64url, ordered as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngagementId([u8; 22]);

impl EngagementId {
    pub(crate) fn new(number: u128) -> Self {
        let mut text = [b'A'; 22];
        // 16 bytes fill 22 characters exactly, so this cannot fail.
        let _ = URL_SAFE_NO_PAD.encode_slice(number.to_be_bytes(), &mut text);
        Self(text)
    }

    pub(crate) fn number(self) -> Option<u128> {
        let bytes = URL_SAFE_NO_PAD.decode(self.0).ok()?;
        Some(u128::from_be_bytes(bytes.try_into().ok()?))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for EngagementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EngagementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngagementId({})", self.as_str())
    }
}

/// A queue of the centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// The older id, deprecated by the API. It differs from the newer one, so that confusing the
    /// two makes a test fail.
    pub queue_id: String,
    /// The newer id.
    pub cc_queue_id: String,
    /// Its name.
    pub queue_name: String,
}

/// A flow: the menu that a caller hears first.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Its id.
    pub flow_id: String,
    /// Its name.
    pub flow_name: String,
}

/// A group of agents, in one region.
#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// Its id.
    pub team_id: String,
    /// Its name.
    pub team_name: String,
    /// The region's id. The API filters by it but does not return it.
    pub region_id: String,
    /// The region's name.
    pub region_name: String,
}

/// An agent of the centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// The agent's id.
    pub user_id: String,
    /// The agent's name.
    pub display_name: String,
    /// The agent's address, always at `example.com`.
    pub user_email: String,
    /// The agent's teams, the first of which gives the region.
    pub teams: Vec<Arc<Team>>,
}

/// Device and network addresses of an agent. Only some accounts receive them.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Address of the device, from the ranges reserved for documentation.
    pub user_ip_address: String,
    /// Hardware address of the device.
    pub user_device_mac_address: String,
    /// The SIP zone where it registered.
    pub user_registered_sip_zone: String,
    /// Address of that zone.
    pub sip_zone_ip_address: String,
}

/// An agent who took part in a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallAgent {
    /// The agent.
    pub agent: Arc<Agent>,
    /// The agent's device; absent on most calls.
    pub device: Option<Device>,
}

/// A session border controller on the path of a call over a customer's own carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionBorderController {
    /// Name of the provider's controller.
    pub session_border_controller_name: String,
    /// Its address.
    pub session_border_controller_ip_address: String,
    /// Name of the trunk between the two controllers.
    pub consumer_zoom_trunk_name: String,
    /// Address of the customer's controller.
    pub consumer_sbc_ip_address: String,
}

/// Charge of a call or a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// The field is missing.
    Absent,
    /// The field is the empty string.
    Empty,
    /// An amount.
    Amount(Micros),
}

impl Charge {
    /// Returns the amount, if there is one. A missing charge is not a charge of zero.
    #[must_use]
    pub fn amount(self) -> Option<Micros> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Absent | Self::Empty => None,
        }
    }
}

/// The two ends of a call or a leg.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numbers {
    /// The caller's number; `anonymous` if the caller hid it.
    pub caller_number: Option<String>,
    /// Kind of the caller's number, if it is the centre's.
    pub caller_number_type: Option<NumberType>,
    /// The called number.
    pub callee_number: Option<String>,
    /// Kind of the called number, if it is the centre's.
    pub callee_number_type: Option<NumberType>,
    /// The number shown to the called side.
    pub caller_id: Option<String>,
}

/// A voice engagement.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its id, unique in its centre.
    pub engagement_id: EngagementId,
    /// Direction.
    pub direction: Direction,
    /// Directions of its legs, each once.
    pub call_legs: Vec<Direction>,
    /// Distributions of its legs, each once.
    pub distributions: Vec<Distribution>,
    /// Types of its legs, each once.
    pub types: Vec<CallType>,
    /// Sub-types of its legs, each once.
    pub sub_types: Vec<SubType>,
    /// Its two ends; those of its legs are the same, shared.
    pub numbers: Arc<Numbers>,
    /// Start time, in whole seconds.
    pub start_time: DateTime<Utc>,
    /// End time, in whole seconds.
    pub end_time: DateTime<Utc>,
    /// Seconds from start to end.
    pub total_duration: u32,
    /// The consumer's number; absent or `anonymous` for hidden ones, absent on internal calls.
    pub consumer_number: Option<String>,
    /// The consumer's name. Some contain markup, formulas or control characters.
    pub consumer_display_name: Option<String>,
    /// The consumer's country.
    pub country_name: Option<&'static str>,
    /// The country's ISO code. The API filters by it but does not return it.
    pub country_iso_code: Option<&'static str>,
    /// Queues of its legs, each once, in order.
    pub queues: Vec<Arc<Queue>>,
    /// Agents of its legs, each once, in order.
    pub agents: Vec<CallAgent>,
    /// Flows of its legs, in order.
    pub flows: Vec<Arc<Flow>>,
    /// True if any leg was recorded.
    pub recorded: bool,
    /// True if any leg was monitored.
    pub monitored: bool,
    /// True if the caller left a message.
    pub inbox: bool,
    /// Result; missing on 1 call in 2,000.
    pub result: Option<CallResult>,
    /// The party that placed it.
    pub calling_party: CallingParty,
    /// Charge.
    pub charge: Charge,
    /// Rates per minute; empty if nothing is charged.
    pub rates: Vec<Micros>,
    /// Session border controllers, on some calls over a customer's own carrier.
    pub session_border_controllers: Vec<SessionBorderController>,
    /// True if the API omits empty lists from this record instead of sending them empty.
    pub sparse: bool,
    /// Its legs in order of time, at least one. Their durations and charges add up to the call's.
    pub legs: Vec<Leg>,
}

/// One leg of a call, as in the detail view.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Direction.
    pub call_leg: Direction,
    /// Its distribution.
    pub distribution: Distribution,
    /// Its type.
    pub call_type: CallType,
    /// Its sub-type; the API returns it on the call only.
    pub sub_type: Option<SubType>,
    /// Its two ends.
    pub numbers: Arc<Numbers>,
    /// Start time: the end of the previous leg.
    pub start_time: DateTime<Utc>,
    /// End time.
    pub end_time: DateTime<Utc>,
    /// Seconds from start to end.
    pub total_duration: u32,
    /// The queue it waited in, if any.
    pub queue: Option<Arc<Queue>>,
    /// Agents who took part.
    pub agents: Vec<CallAgent>,
    /// The flow that routed it, if any.
    pub flow: Option<Arc<Flow>>,
    /// True if it was recorded.
    pub recorded: bool,
    /// True if it was monitored.
    pub monitored: bool,
    /// True if the caller left a message.
    pub inbox: bool,
    /// Its result.
    pub result: CallResult,
    /// The party that placed it.
    pub calling_party: CallingParty,
    /// Its share of the call's charge: the minutes that start within the leg.
    pub charge: Charge,
    /// The rate per minute.
    pub rate: Option<Micros>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engagement_ids_round_trip_in_22_characters() {
        for number in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = EngagementId::new(number);
            assert_eq!(id.as_str().len(), 22);
            assert_eq!(id.number(), Some(number));
        }
    }
}
