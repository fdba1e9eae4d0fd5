//! Columns of calls, built without JSON.
//!
//! The values are those to which the API's JSON of the calls decodes. Decoding it took 4.2 times
//! the CPU time, encoding included, over 100,000 calls.

use std::fmt;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;

use super::arrays::{
    amounts, booleans, displayed, lists, seconds, strings, structs, timestamps, unknown_field,
};
use crate::call::{
    Call, CallAgent, Charge, Device, Flow, Leg, Numbers, Queue, SessionBorderController, Team,
};
use crate::money::Micros;
use crate::vocabulary::{CallResult, CallType, Direction, Distribution, NumberType, SubType};

/// Charge type of all calls with a rate.
const PER_MINUTE: &str = "per_minute";
/// Currency of the charges.
const DOLLARS: &str = "USD";

/// Builds a column of calls in the detail view, by its name.
pub(super) fn call_column(calls: &[Call], name: &str, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let each = calls.iter();
    Ok(match name {
        "engagement_id" => strings(each.map(|call| Some(call.engagement_id.as_str()))),
        "direction" => strings(each.map(|call| Some(call.direction.as_str()))),
        "start_time" => timestamps(each.map(|call| call.start_time)),
        "end_time" => timestamps(each.map(|call| call.end_time)),
        "total_duration" => seconds(each.map(|call| call.total_duration)),
        "consumer_number" | "consumer_display_name" | "country_name" => consumer_column(each, name),
        "recorded" => booleans(each.map(|call| call.recorded)),
        "monitored" => booleans(each.map(|call| call.monitored)),
        "inbox" => booleans(each.map(|call| call.inbox)),
        "result" => strings(each.map(|call| call.result.map(CallResult::as_str))),
        "calling_party" => strings(each.map(|call| Some(call.calling_party.as_str()))),
        "charge" | "charge_amount" | "charge_currency" => {
            charge_column(each.map(|call| call.charge), name, data_type)?
        }
        "charge_type" => strings(each.map(|call| (!call.rates.is_empty()).then_some(PER_MINUTE))),
        _ => call_list_column(calls, name, data_type)?,
    })
}

/// Builds a list column of calls in the detail view, or a number column.
fn call_list_column(calls: &[Call], name: &str, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let each = calls.iter();
    Ok(match name {
        "call_legs" => enum_lists(calls, data_type, |call| &call.call_legs, Direction::as_str, false)?,
        "distributions" => {
            enum_lists(calls, data_type, |call| &call.distributions, Distribution::as_str, false)?
        }
        "types" => enum_lists(calls, data_type, |call| &call.types, CallType::as_str, false)?,
        "sub_types" => enum_lists(calls, data_type, |call| &call.sub_types, SubType::as_str, true)?,
        "queues" => {
            let queues = collect_items(calls, |call| call.queues.iter().map(Arc::as_ref));
            lists(data_type, lengths(calls, |call| call.queues.len(), true), |of| {
                structs(of, None, queues.len(), |name, _| queue_column(&queues, name))
            })?
        }
        "agents" => {
            let agents = collect_items(calls, |call| call.agents.iter().map(|agent| (agent, call.sparse)));
            lists(data_type, lengths(calls, |call| call.agents.len(), true), |of| agent_structs(&agents, of))?
        }
        "flows" => {
            let flows = collect_items(calls, |call| call.flows.iter().map(|flow| Some(flow.as_ref())));
            lists(data_type, lengths(calls, |call| call.flows.len(), true), |of| {
                structs(of, None, flows.len(), |name, _| flow_column(&flows, name))
            })?
        }
        "rates" => {
            let rates = collect_items(calls, |call| call.rates.iter().map(Some));
            lists(data_type, lengths(calls, |call| call.rates.len(), true), |_| displayed(rates.into_iter()))?
        }
        "session_border_controller_list" => {
            let found = collect_items(calls, |call| call.session_border_controllers.iter());
            // Accounts without the extra fields never receive the list, not even empty.
            let lengths = each.map(|call| Some(call.session_border_controllers.len()).filter(|n| *n > 0));
            lists(data_type, lengths, |of| {
                structs(of, None, found.len(), |name, _| controller_column(&found, name))
            })?
        }
        "voice_call_details" => {
            let legs = collect_items(calls, |call| call.legs.iter().map(move |leg| (call, leg)));
            lists(data_type, each.map(|call| Some(call.legs.len())), |of| {
                structs(of, None, legs.len(), |name, of| leg_column(&legs, name, of))
            })?
        }
        _ => number_column(each.map(|call| call.numbers.as_ref()), name)?,
    })
}

fn leg_column(legs: &[(&Call, &Leg)], name: &str, data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let calls = legs.iter().map(|(call, _)| *call);
    let each = legs.iter().map(|(_, leg)| *leg);
    Ok(match name {
        "engagement_id" => strings(calls.map(|call| Some(call.engagement_id.as_str()))),
        "call_leg" => strings(each.map(|leg| Some(leg.call_leg.as_str()))),
        "distribution" => strings(each.map(|leg| Some(leg.distribution.as_str()))),
        "type" => strings(each.map(|leg| Some(leg.call_type.as_str()))),
        "start_time" => timestamps(each.map(|leg| leg.start_time)),
        "end_time" => timestamps(each.map(|leg| leg.end_time)),
        "total_duration" => seconds(each.map(|leg| leg.total_duration)),
        "consumer_number" | "consumer_display_name" | "country_name" => consumer_column(calls, name),
        "queue" => {
            let queues: Vec<Option<&Queue>> = each.map(|leg| leg.queue.as_deref()).collect();
            let valid: NullBuffer = queues.iter().map(Option::is_some).collect();
            structs(data_type, Some(valid), queues.len(), |name, _| match name {
                "cc_queue_id" => {
                    Ok(strings(queues.iter().map(|queue| Some(queue.as_ref()?.cc_queue_id.as_str()))))
                }
                "queue_name" => {
                    Ok(strings(queues.iter().map(|queue| Some(queue.as_ref()?.queue_name.as_str()))))
                }
                _ => Err(unknown_field(name)),
            })?
        }
        "agents" => {
            let agents: Vec<_> = legs
                .iter()
                .flat_map(|(call, leg)| leg.agents.iter().map(|agent| (agent, call.sparse)))
                .collect();
            let lengths = legs.iter().map(|(call, leg)| list_length(leg.agents.len(), call.sparse));
            lists(data_type, lengths, |of| agent_structs(&agents, of))?
        }
        "flow" => {
            let flows: Vec<Option<&Flow>> = each.map(|leg| leg.flow.as_deref()).collect();
            let valid: NullBuffer = flows.iter().map(Option::is_some).collect();
            structs(data_type, Some(valid), flows.len(), |name, _| flow_column(&flows, name))?
        }
        "recorded" => booleans(each.map(|leg| leg.recorded)),
        "monitored" => booleans(each.map(|leg| leg.monitored)),
        "inbox" => booleans(each.map(|leg| leg.inbox)),
        "result" => strings(each.map(|leg| Some(leg.result.as_str()))),
        "calling_party" => strings(each.map(|leg| Some(leg.calling_party.as_str()))),
        "charge" | "charge_amount" | "charge_currency" => {
            charge_column(each.map(|leg| leg.charge), name, data_type)?
        }
        "rate" => displayed(each.map(|leg| leg.rate))?,
        "charge_type" => strings(each.map(|leg| leg.rate.map(|_| PER_MINUTE))),
        _ => number_column(each.map(|leg| leg.numbers.as_ref()), name)?,
    })
}

fn number_column<'a>(each: impl Iterator<Item = &'a Numbers>, name: &str) -> Result<ArrayRef, ArrowError> {
    Ok(match name {
        "caller_number" => strings(each.map(|ends| ends.caller_number.as_deref())),
        "caller_number_type" => strings(each.map(|ends| ends.caller_number_type.map(NumberType::as_str))),
        "callee_number" => strings(each.map(|ends| ends.callee_number.as_deref())),
        "callee_number_type" => strings(each.map(|ends| ends.callee_number_type.map(NumberType::as_str))),
        "caller_id" => strings(each.map(|ends| ends.caller_id.as_deref())),
        _ => return Err(unknown_field(name)),
    })
}

fn consumer_column<'a>(calls: impl Iterator<Item = &'a Call>, name: &str) -> ArrayRef {
    match name {
        "consumer_number" => strings(calls.map(|call| call.consumer_number.as_deref())),
        "consumer_display_name" => strings(calls.map(|call| call.consumer_display_name.as_deref())),
        _ => strings(calls.map(|call| call.country_name)),
    }
}

/// Text of a charge. An empty one is not null.
enum ChargeText {
    Empty,
    Amount(Micros),
}

impl fmt::Display for ChargeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => Ok(()),
            Self::Amount(amount) => amount.fmt(f),
        }
    }
}

fn charge_column(
    charges: impl Iterator<Item = Charge>,
    name: &str,
    data_type: &DataType,
) -> Result<ArrayRef, ArrowError> {
    match name {
        "charge_amount" => amounts(data_type, charges.map(Charge::amount)),
        "charge_currency" => Ok(strings(charges.map(|charge| charge.amount().map(|_| DOLLARS)))),
        _ => displayed(charges.map(|charge| match charge {
            Charge::Absent => None,
            Charge::Empty => Some(ChargeText::Empty),
            Charge::Amount(amount) => Some(ChargeText::Amount(amount)),
        })),
    }
}

fn queue_column(queues: &[&Queue], name: &str) -> Result<ArrayRef, ArrowError> {
    let each = queues.iter();
    Ok(match name {
        "queue_id" => strings(each.map(|queue| Some(queue.queue_id.as_str()))),
        "queue_name" => strings(each.map(|queue| Some(queue.queue_name.as_str()))),
        "cc_queue_id" => strings(each.map(|queue| Some(queue.cc_queue_id.as_str()))),
        _ => return Err(unknown_field(name)),
    })
}

fn flow_column(flows: &[Option<&Flow>], name: &str) -> Result<ArrayRef, ArrowError> {
    let each = flows.iter();
    Ok(match name {
        "flow_id" => strings(each.map(|flow| Some(flow.as_ref()?.flow_id.as_str()))),
        "flow_name" => strings(each.map(|flow| Some(flow.as_ref()?.flow_name.as_str()))),
        _ => return Err(unknown_field(name)),
    })
}

fn controller_column(found: &[&SessionBorderController], name: &str) -> Result<ArrayRef, ArrowError> {
    let pick: fn(&SessionBorderController) -> &str = match name {
        "session_border_controller_name" => |it| &it.session_border_controller_name,
        "session_border_controller_ip_address" => |it| &it.session_border_controller_ip_address,
        "consumer_zoom_trunk_name" => |it| &it.consumer_zoom_trunk_name,
        "consumer_sbc_ip_address" => |it| &it.consumer_sbc_ip_address,
        _ => return Err(unknown_field(name)),
    };
    Ok(strings(found.iter().map(|controller| Some(pick(controller)))))
}

/// Builds agents, each with a flag for a sparse record, which has only the fields of the API's
/// first version.
fn agent_structs(agents: &[(&CallAgent, bool)], data_type: &DataType) -> Result<ArrayRef, ArrowError> {
    let each = || agents.iter().map(|(part, _)| part.agent.as_ref());
    let full = || agents.iter().map(|(part, sparse)| (!sparse).then_some(part.agent.as_ref()));
    let device =
        |pick: fn(&Device) -> &str| strings(agents.iter().map(|(part, _)| part.device.as_ref().map(pick)));
    let teams = |data_type: &DataType, pick: fn(&Team) -> &str| {
        lists(data_type, full().map(|agent| agent.map(|agent| agent.teams.len())), |_| {
            let teams = full().flatten().flat_map(|agent| &agent.teams);
            Ok(strings(teams.map(|team| Some(pick(team)))))
        })
    };
    structs(data_type, None, agents.len(), |name, of| {
        Ok(match name {
            "user_id" => strings(each().map(|agent| Some(agent.user_id.as_str()))),
            "display_name" => strings(each().map(|agent| Some(agent.display_name.as_str()))),
            "user_email" => strings(full().map(|agent| Some(agent?.user_email.as_str()))),
            "user_ip_address" => device(|device| &device.user_ip_address),
            "user_device_mac_address" => device(|device| &device.user_device_mac_address),
            "user_registered_sip_zone" => device(|device| &device.user_registered_sip_zone),
            "sip_zone_ip_address" => device(|device| &device.sip_zone_ip_address),
            "user_region" => strings(full().map(|agent| Some(agent?.teams.first()?.region_name.as_str()))),
            "team_ids" => teams(of, |team| &team.team_id)?,
            "team_names" => teams(of, |team| &team.team_name)?,
            _ => return Err(unknown_field(name)),
        })
    })
}

/// Collects the items of all calls.
fn collect_items<'a, T, I: Iterator<Item = T>>(calls: &'a [Call], of: impl Fn(&'a Call) -> I) -> Vec<T> {
    calls.iter().flat_map(of).collect()
}

/// Builds a column of lists of enumeration values.
fn enum_lists<'a, W: Copy + 'a>(
    calls: &'a [Call],
    data_type: &DataType,
    of: fn(&'a Call) -> &'a Vec<W>,
    as_str: fn(W) -> &'static str,
    optional: bool,
) -> Result<ArrayRef, ArrowError> {
    lists(data_type, lengths(calls, |call| of(call).len(), optional), |_| {
        Ok(strings(calls.iter().flat_map(|call| of(call).iter().map(|word| Some(as_str(*word))))))
    })
}

/// Returns the list length of each call, `None` for null.
fn lengths<'a>(
    calls: &'a [Call],
    of: impl Fn(&'a Call) -> usize,
    optional: bool,
) -> impl Iterator<Item = Option<usize>> {
    calls.iter().map(move |call| list_length(of(call), call.sparse && optional))
}

/// Returns the length of a list, or `None` if a sparse record omits it because it is empty.
fn list_length(length: usize, sparse: bool) -> Option<usize> {
    (!sparse || length > 0).then_some(length)
}
