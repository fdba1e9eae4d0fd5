//! What a call is: the record of the API as plain data, whole, with its legs.
//!
//! Field names are those of the API. Everything here is what happened; how it is written is the
//! duty of [`Call::to_json`].

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
        // 16 bytes fill 22 characters exactly, so this cannot fail; were it to, the id would read AAAA….
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
    /// The older id, deprecated by the API; differs from the newer one so that mixing them up
    /// shows.
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
    /// The region's id. The API filters by it but does not tell it.
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

/// From where an agent's device took part; only some accounts get to see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Address of the device, from the ranges kept for documentation.
    pub user_ip_address: String,
    /// Hardware address of the device.
    pub user_device_mac_address: String,
    /// The SIP zone where it registered.
    pub user_registered_sip_zone: String,
    /// Address of that zone.
    pub sip_zone_ip_address: String,
}

/// An agent's part in a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallAgent {
    /// Who.
    pub agent: Arc<Agent>,
    /// On what; absent on most calls.
    pub device: Option<Device>,
}

/// The border controllers that a call over a customer's own carrier went through.
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

/// What a call or a leg cost.
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
    /// The amount, if there is one. No charge is not a charge of zero.
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
    /// Who called; `anonymous` where the caller hid the number.
    pub caller_number: Option<String>,
    /// Kind of the caller's number, where it is the centre's.
    pub caller_number_type: Option<NumberType>,
    /// Who was called.
    pub callee_number: Option<String>,
    /// Kind of the callee's number, where it is the centre's.
    pub callee_number_type: Option<NumberType>,
    /// What the called side saw.
    pub caller_id: Option<String>,
}

/// An engagement by voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Its id, unique in its centre.
    pub engagement_id: EngagementId,
    /// Which way it went.
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
    /// When it began, to the second.
    pub start_time: DateTime<Utc>,
    /// When it ended, to the second.
    pub end_time: DateTime<Utc>,
    /// Seconds from start to end.
    pub total_duration: u32,
    /// The consumer's number; absent or `anonymous` for hidden ones, absent on internal calls.
    pub consumer_number: Option<String>,
    /// The consumer's name, as hostile as what strangers put into an address book.
    pub consumer_display_name: Option<String>,
    /// The consumer's country.
    pub country_name: Option<&'static str>,
    /// The country's two letters. The API filters by them but does not tell them.
    pub country_iso_code: Option<&'static str>,
    /// Queues of its legs, each once, in order.
    pub queues: Vec<Arc<Queue>>,
    /// Agents of its legs, each once, in order.
    pub agents: Vec<CallAgent>,
    /// Flows of its legs, in order.
    pub flows: Vec<Arc<Flow>>,
    /// Whether any leg was recorded.
    pub recorded: bool,
    /// Whether any leg was listened to.
    pub monitored: bool,
    /// Whether the caller left a message.
    pub inbox: bool,
    /// How it ended; very rarely missing.
    pub result: Option<CallResult>,
    /// Who placed it.
    pub calling_party: CallingParty,
    /// What it cost.
    pub charge: Charge,
    /// Rates per minute; none where nothing is charged.
    pub rates: Vec<Micros>,
    /// Border controllers, on some calls over a customer's own carrier.
    pub session_border_controllers: Vec<SessionBorderController>,
    /// Whether the API leaves empty lists out of this record instead of sending them empty.
    pub sparse: bool,
    /// Its legs, in time; at least one. They add up to the call in seconds and in money.
    pub legs: Vec<Leg>,
}

/// One leg of a call, as the detail view tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// Which way it went.
    pub call_leg: Direction,
    /// How it was distributed.
    pub distribution: Distribution,
    /// Its type.
    pub call_type: CallType,
    /// Its sub-type; told on the call only.
    pub sub_type: Option<SubType>,
    /// Its two ends.
    pub numbers: Arc<Numbers>,
    /// When it began: the end of the leg before.
    pub start_time: DateTime<Utc>,
    /// When it ended.
    pub end_time: DateTime<Utc>,
    /// Seconds from start to end.
    pub total_duration: u32,
    /// The queue it waited in, if any.
    pub queue: Option<Arc<Queue>>,
    /// Agents who took part.
    pub agents: Vec<CallAgent>,
    /// The flow it came through, if any.
    pub flow: Option<Arc<Flow>>,
    /// Whether it was recorded.
    pub recorded: bool,
    /// Whether it was listened to.
    pub monitored: bool,
    /// Whether a message was left.
    pub inbox: bool,
    /// How it ended.
    pub result: CallResult,
    /// Who placed it.
    pub calling_party: CallingParty,
    /// Its share of the call's charge: the minutes that begin within it.
    pub charge: Charge,
    /// The rate per minute.
    pub rate: Option<Micros>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_22_characters_and_reads_back() {
        for number in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = EngagementId::new(number);
            assert_eq!(id.as_str().len(), 22);
            assert_eq!(id.number(), Some(number));
        }
    }
}
