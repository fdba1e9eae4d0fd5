//! JSON objects that calls and legs share.

use serde::Serialize;

use crate::call::{Call, CallAgent, Device, Flow, Numbers, Queue, SessionBorderController, Team};
use crate::vocabulary::NumberType;

#[derive(Serialize)]
pub(super) struct WireNumbers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_number_type: Option<NumberType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callee_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callee_number_type: Option<NumberType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_id: Option<&'a str>,
}

impl<'a> WireNumbers<'a> {
    pub(super) fn new(numbers: &'a Numbers) -> Self {
        Self {
            caller_number: numbers.caller_number.as_deref(),
            caller_number_type: numbers.caller_number_type,
            callee_number: numbers.callee_number.as_deref(),
            callee_number_type: numbers.callee_number_type,
            caller_id: numbers.caller_id.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct WireConsumer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consumer_display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_name: Option<&'a str>,
}

impl<'a> WireConsumer<'a> {
    pub(super) fn new(call: &'a Call) -> Self {
        Self {
            consumer_number: call.consumer_number.as_deref(),
            consumer_display_name: call.consumer_display_name.as_deref(),
            country_name: call.country_name,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WireQueue<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<&'a str>,
    cc_queue_id: &'a str,
    queue_name: &'a str,
}

impl<'a> WireQueue<'a> {
    /// Creates a queue. The deprecated `queue_id` appears on the call, not on its legs.
    pub(super) fn new(queue: &'a Queue, with_queue_id: bool) -> Self {
        Self {
            queue_id: with_queue_id.then_some(&queue.queue_id),
            cc_queue_id: &queue.cc_queue_id,
            queue_name: &queue.queue_name,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WireFlow<'a> {
    flow_id: &'a str,
    flow_name: &'a str,
}

impl<'a> WireFlow<'a> {
    pub(super) fn new(flow: &'a Flow) -> Self {
        Self { flow_id: &flow.flow_id, flow_name: &flow.flow_name }
    }
}

#[derive(Serialize)]
pub(super) struct WireAgent<'a> {
    user_id: &'a str,
    display_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_email: Option<&'a str>,
    #[serde(flatten)]
    device: Option<WireDevice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_ids: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_names: Option<Vec<&'a str>>,
}

impl<'a> WireAgent<'a> {
    /// Creates an agent. A sparse record has only the fields of the API's first version.
    pub(super) fn new(part: &'a CallAgent, sparse: bool) -> Self {
        let agent = &part.agent;
        let team =
            |pick: fn(&Team) -> &str| (!sparse).then(|| agent.teams.iter().map(|team| pick(team)).collect());
        Self {
            user_id: &agent.user_id,
            display_name: &agent.display_name,
            user_email: (!sparse).then_some(&agent.user_email),
            device: part.device.as_ref().map(WireDevice::new),
            user_region: agent.teams.first().filter(|_| !sparse).map(|team| team.region_name.as_str()),
            team_ids: team(|team| &team.team_id),
            team_names: team(|team| &team.team_name),
        }
    }
}

#[derive(Serialize)]
pub(super) struct WireDevice<'a> {
    user_ip_address: &'a str,
    user_device_mac_address: &'a str,
    user_registered_sip_zone: &'a str,
    sip_zone_ip_address: &'a str,
}

impl<'a> WireDevice<'a> {
    pub(super) fn new(device: &'a Device) -> Self {
        Self {
            user_ip_address: &device.user_ip_address,
            user_device_mac_address: &device.user_device_mac_address,
            user_registered_sip_zone: &device.user_registered_sip_zone,
            sip_zone_ip_address: &device.sip_zone_ip_address,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WireSbc<'a> {
    session_border_controller_name: &'a str,
    session_border_controller_ip_address: &'a str,
    consumer_zoom_trunk_name: &'a str,
    consumer_sbc_ip_address: &'a str,
}

impl<'a> WireSbc<'a> {
    pub(super) fn new(sbc: &'a SessionBorderController) -> Self {
        Self {
            session_border_controller_name: &sbc.session_border_controller_name,
            session_border_controller_ip_address: &sbc.session_border_controller_ip_address,
            consumer_zoom_trunk_name: &sbc.consumer_zoom_trunk_name,
            consumer_sbc_ip_address: &sbc.consumer_sbc_ip_address,
        }
    }
}
