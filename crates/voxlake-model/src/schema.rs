//! Columns of a call. Names and order are those of the API, so its documentation applies to the
//! lake.
//!
//! The fields of the API's description come first, in its order. Fields that the vendor added later
//! follow, also within nested structs, so files written before them remain compatible. The last
//! columns are added by Voxlake: the charge as a decimal, fields beyond this schema, and the time
//! of the fetch.
//!
//! Every field has a `description` in its Arrow metadata, and numbers and timestamps a `unit`.
//! Parquet files keep both.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};

use crate::list::list_type;

/// Total digits of a charge, [`CHARGE_SCALE`] of them in the fraction.
pub const CHARGE_PRECISION: u8 = 18;
/// Fraction digits of a charge: millionths of the currency unit.
pub const CHARGE_SCALE: i8 = 6;

/// Column with the id of the engagement. Together with the start time it identifies a call.
pub const ENGAGEMENT_ID: &str = "engagement_id";
/// Column with the start of a call, which determines its day; UTC, milliseconds.
pub const START_TIME: &str = "start_time";
/// Column with the number of the consumer, whichever side called.
pub const CONSUMER_NUMBER: &str = "consumer_number";
/// Column with the legs of a call. NULL if only the summary view was fetched.
pub const VOICE_CALL_DETAILS: &str = "voice_call_details";
/// Column with the time of the fetch; UTC, milliseconds.
pub const FETCHED_AT: &str = "fetched_at";
/// Column with values of the API that have no column of their own: a JSON object or NULL.
pub const EXTRA: &str = "extra";
/// Column with the charge as text, as the API returned it, of calls and of legs.
pub const CHARGE: &str = "charge";
/// Column with the charge as a decimal. NULL if there is no charge or it cannot be parsed.
pub const CHARGE_AMOUNT: &str = "charge_amount";
/// Column with the ISO 4217 code of the charge. NULL if its text has no currency.
pub const CHARGE_CURRENCY: &str = "charge_currency";

/// Metadata key of a field's description.
pub const DESCRIPTION: &str = "description";
/// Metadata key of a field's unit.
pub const UNIT: &str = "unit";

/// Arrow type of timestamps: milliseconds since 1970, UTC.
#[must_use]
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

/// Arrow type of charges: exact millionths of the currency unit.
#[must_use]
pub fn money_type() -> DataType {
    DataType::Decimal128(CHARGE_PRECISION, CHARGE_SCALE)
}

/// Schema of `VoiceCall` in the lake.
///
/// Only top-level columns have descriptions. Those of fields in lists and structs would be part of
/// a type, and would be copied and compared for each opened file and each plan.
///
/// ```
/// use voxlake_model::schema;
///
/// let schema = schema::voice_calls();
/// let start_time = schema.field_with_name(schema::START_TIME)?;
/// assert_eq!(start_time.metadata()[schema::UNIT], "UTC, ms");
/// # Ok::<(), arrow::error::ArrowError>(())
/// ```
#[must_use]
pub fn voice_calls() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let described = call_fields();
        let columns = described.iter().map(|column| {
            let of = strip_descriptions(column.data_type());
            column.as_ref().clone().with_data_type(of)
        });
        Arc::new(Schema::new(columns.collect::<Vec<_>>()))
    });
    Arc::clone(&SCHEMA)
}

/// Removes the descriptions of nested fields.
fn strip_descriptions(of: &DataType) -> DataType {
    let bare = |field: &FieldRef| {
        Field::new(field.name(), strip_descriptions(field.data_type()), field.is_nullable())
    };
    match of {
        DataType::List(item) => DataType::List(Arc::new(bare(item))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// All fields of a call with their descriptions.
fn call_fields() -> Fields {
    [
        required(ENGAGEMENT_ID, DataType::Utf8, "the engagement's id"),
        text("direction", "inbound or outbound"),
        texts("call_legs", "direction of each leg"),
        texts("distributions", "acd (through a queue's distributor) or non_acd, of each leg"),
        texts("types", "kind of each leg: external or internal; call, conference or callback"),
        text("caller_number", "number of the calling side"),
        text("caller_number_type", "toll_free_number, virtual_service_number or byoc_number"),
        text("callee_number", "number of the called side"),
        text("callee_number_type", "toll_free_number, virtual_service_number or byoc_number"),
        with_unit(required(START_TIME, timestamp_type(), "when the engagement began"), "UTC, ms"),
        with_unit(field("end_time", timestamp_type(), "when the engagement ended"), "UTC, ms"),
        with_unit(field("total_duration", DataType::Int64, "engagement duration, from start to end"), "s"),
        text(CONSUMER_NUMBER, "number of the consumer, whichever side called"),
        text("consumer_display_name", "name of the consumer"),
        list("queues", DataType::Struct(queue_fields()), "queues that the call passed through, in order"),
        list("agents", DataType::Struct(agent_fields()), "agents who took part"),
        list("flows", DataType::Struct(flow_fields()), "flows that routed the call"),
        text("country_name", "country of the consumer"),
        flag("recorded", "whether the call was recorded"),
        flag("monitored", "whether the call was monitored"),
        flag("inbox", "whether the consumer left a message in an inbox"),
        text("result", "how the engagement ended, as the API names it"),
        text("caller_id", "number shown to the called side"),
        text("calling_party", "consumer or agent"),
        text(CHARGE, "the charge as the API wrote it"),
        texts("rates", "the prices that the charge was made from, as the API wrote them"),
        text("charge_type", "how the rate applies, such as per_minute"),
        texts("sub_types", "detailed kind of each leg, such as a warm transfer"),
        list(
            "session_border_controller_list",
            DataType::Struct(session_border_controller_fields()),
            "session border controllers that carried the call",
        ),
        list(
            VOICE_CALL_DETAILS,
            DataType::Struct(leg_fields()),
            "the call's legs; null where only the summary view was fetched",
        ),
        charge_amount(),
        charge_currency(),
        text(EXTRA, "JSON object of what the API said and no other column could take, by path"),
        with_unit(required(FETCHED_AT, timestamp_type(), "when the API gave this record"), "UTC, ms"),
    ]
    .into_iter()
    .collect()
}

fn queue_fields() -> Fields {
    [
        text("queue_id", "the queue's id; the vendor calls it deprecated"),
        text("queue_name", "the queue's name"),
        text("cc_queue_id", "the queue's id, newer"),
    ]
    .into_iter()
    .collect()
}

fn agent_fields() -> Fields {
    [
        text("user_id", "the agent's id"),
        text("display_name", "the agent's name"),
        text("user_email", "the agent's e-mail address"),
        text("user_ip_address", "IP address of the agent's device"),
        text("user_device_mac_address", "MAC address of the agent's device"),
        text("user_registered_sip_zone", "SIP zone where the agent was registered"),
        text("sip_zone_ip_address", "IP address of that zone"),
        text("user_region", "the agent's region"),
        texts("team_ids", "ids of the agent's teams"),
        texts("team_names", "names of the agent's teams"),
    ]
    .into_iter()
    .collect()
}

fn flow_fields() -> Fields {
    [text("flow_id", "the flow's id"), text("flow_name", "the flow's name")].into_iter().collect()
}

fn session_border_controller_fields() -> Fields {
    [
        text("session_border_controller_name", "the controller's name"),
        text("session_border_controller_ip_address", "the controller's IP address"),
        text("consumer_zoom_trunk_name", "trunk between the customer's controller and the vendor's"),
        text("consumer_sbc_ip_address", "IP address of the customer's controller"),
    ]
    .into_iter()
    .collect()
}

fn leg_fields() -> Fields {
    [
        text(ENGAGEMENT_ID, "the engagement's id"),
        text("call_leg", "inbound or outbound"),
        text("distribution", "acd or non_acd"),
        text("type", "kind of leg"),
        text("caller_number", "number of the calling side"),
        text("caller_number_type", "toll_free_number, virtual_service_number or byoc_number"),
        text("callee_number", "number of the called side"),
        text("callee_number_type", "toll_free_number, virtual_service_number or byoc_number"),
        with_unit(field(START_TIME, timestamp_type(), "when the leg began"), "UTC, ms"),
        with_unit(field("end_time", timestamp_type(), "when the leg ended"), "UTC, ms"),
        with_unit(field("total_duration", DataType::Int64, "the leg's duration"), "s"),
        text(CONSUMER_NUMBER, "number of the consumer"),
        text("consumer_display_name", "name of the consumer"),
        field(
            "queue",
            DataType::Struct(
                [text("cc_queue_id", "the queue's id"), text("queue_name", "the queue's name")]
                    .into_iter()
                    .collect(),
            ),
            "the leg's queue",
        ),
        list("agents", DataType::Struct(agent_fields()), "agents who took part in the leg"),
        field("flow", DataType::Struct(flow_fields()), "the flow that routed the leg"),
        text("country_name", "country of the consumer"),
        flag("recorded", "whether the leg was recorded"),
        flag("monitored", "whether the leg was monitored"),
        flag("inbox", "whether the consumer left a message in an inbox"),
        text("result", "how the leg ended, as the API names it"),
        text("caller_id", "number shown to the called side"),
        text("calling_party", "consumer or agent"),
        text(CHARGE, "the leg's charge as the API wrote it"),
        text("rate", "the price that the charge was made from, as the API wrote it"),
        text("charge_type", "how the rate applies, such as per_minute"),
        charge_amount(),
        charge_currency(),
    ]
    .into_iter()
    .collect()
}

fn charge_amount() -> Field {
    with_unit(
        field(CHARGE_AMOUNT, money_type(), "the charge; null where none was given or the text is unreadable"),
        "units of charge_currency",
    )
}

fn charge_currency() -> Field {
    with_unit(text(CHARGE_CURRENCY, "currency that the charge's symbol or code stands for"), "ISO 4217")
}

fn field(name: &str, data_type: DataType, description: &str) -> Field {
    let metadata = HashMap::from([(DESCRIPTION.to_owned(), description.to_owned())]);
    Field::new(name, data_type, true).with_metadata(metadata)
}

fn required(name: &str, data_type: DataType, description: &str) -> Field {
    field(name, data_type, description).with_nullable(false)
}

fn with_unit(field: Field, unit: &str) -> Field {
    let mut metadata = field.metadata().clone();
    metadata.insert(UNIT.to_owned(), unit.to_owned());
    field.with_metadata(metadata)
}

fn text(name: &str, description: &str) -> Field {
    field(name, DataType::Utf8, description)
}

fn flag(name: &str, description: &str) -> Field {
    field(name, DataType::Boolean, description)
}

fn list(name: &str, item: DataType, description: &str) -> Field {
    field(name, list_type(item), description)
}

fn texts(name: &str, description: &str) -> Field {
    list(name, DataType::Utf8, description)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_order() {
        let schema = voice_calls();
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(
            names,
            [
                "engagement_id",
                "direction",
                "call_legs",
                "distributions",
                "types",
                "caller_number",
                "caller_number_type",
                "callee_number",
                "callee_number_type",
                "start_time",
                "end_time",
                "total_duration",
                "consumer_number",
                "consumer_display_name",
                "queues",
                "agents",
                "flows",
                "country_name",
                "recorded",
                "monitored",
                "inbox",
                "result",
                "caller_id",
                "calling_party",
                "charge",
                "rates",
                "charge_type",
                "sub_types",
                "session_border_controller_list",
                "voice_call_details",
                "charge_amount",
                "charge_currency",
                "extra",
                "fetched_at",
            ]
        );
    }

    #[test]
    fn numbers_and_timestamps_have_units() {
        fn check(field: &Field) {
            match field.data_type() {
                DataType::Int64 | DataType::Timestamp(..) | DataType::Decimal128(..) => {
                    assert!(field.metadata().contains_key(UNIT), "{} has no unit", field.name());
                }
                DataType::List(item) => check(item),
                DataType::Struct(fields) => fields.iter().for_each(|f| check(f)),
                _ => {}
            }
        }
        call_fields().iter().for_each(|f| check(f));
    }

    #[test]
    fn nested_fields_have_no_descriptions() {
        let schema = voice_calls();
        for field in schema.fields() {
            assert!(field.metadata().contains_key(DESCRIPTION), "{}", field.name());
            assert!(!field.data_type().to_string().contains(DESCRIPTION), "{field}");
        }
        let names = |fields: &Fields| fields.iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        assert_eq!(names(schema.fields()), names(&call_fields()));
    }
}
