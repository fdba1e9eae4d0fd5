//! Odd records: with fields and values that nobody described, and some that are no calls at all.
//!
//! Which records are odd, and how, follows from the call alone. A page that is asked for again says
//! the same again, and `total_records` counts on every page what is on all of them.

use chrono::FixedOffset;
use serde_json::{Map, Value, json};

use crate::call::{Call, EngagementId};
use crate::draw::Draw;
use crate::wire::View;

const UNKNOWN: u64 = 0x756e_6b6e;
const JUNK: u64 = 0x6a75_6e6b;

/// How odd the records are. Not at all by default.
///
/// ```
/// use voxlake_sim::{Faults, Oddities};
///
/// // Every record has unknown fields, and with one call in ten comes a record that is none.
/// let faults = Faults::none().with_oddities(Oddities { seed: 1, unknown: 1.0, junk: 0.1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Oddities {
    /// Decides which calls are concerned.
    pub seed: u64,
    /// The share of calls (0 to 1) whose records have unknown fields, at the top and inside queues,
    /// agents and legs, and unknown values in `types` and, one time in four, in `result`.
    /// Everything else stays as it is.
    pub unknown: f64,
    /// The share of calls (0 to 1) after which comes a record of its own that has no place: a copy
    /// without an id or without a time, with one that is none, or something that is no object.
    /// No two are alike, and `total_records` counts them.
    pub junk: f64,
}

impl Oddities {
    /// What [`Faults::seeded`](super::Faults::seeded) brings: unknown fields in as many records as
    /// requests that fail, and a tenth as many records that are none.
    #[must_use]
    pub fn seeded(seed: u64, rate: f64) -> Self {
        Self { seed, unknown: rate, junk: rate / 10.0 }
    }

    /// The record of a call as the server sends it, odd or not, times in `offset`.
    #[must_use]
    pub fn record(&self, call: &Call, view: View, offset: FixedOffset) -> Value {
        let mut record = call.to_json(view, offset);
        let mut draw = self.draw(UNKNOWN, call.engagement_id);
        if draw.chance(self.unknown)
            && let Value::Object(fields) = &mut record
        {
            add_unknown(fields, &mut draw);
        }
        record
    }

    /// The record that comes after the one of a call and is none.
    #[must_use]
    pub fn junk(&self, call: &Call, view: View, offset: FixedOffset) -> Option<Value> {
        if !self.has_junk(call.engagement_id) {
            return None;
        }
        let mut draw = self.draw(JUNK, call.engagement_id);
        // Without it, two copies of calls of the same second could be alike.
        let mark = json!(format!("{:016x}", draw.next()));
        let (field, value) = match draw.below(7) {
            0 => ("engagement_id", None),
            1 => ("engagement_id", Some(json!(""))),
            2 => ("engagement_id", Some(Value::Null)),
            3 => ("start_time", None),
            4 => ("start_time", Some(Value::Null)),
            5 => ("start_time", Some(json!("soon"))),
            _ => return Some(mark),
        };
        let mut record = call.to_json(view, offset);
        if let Value::Object(fields) = &mut record {
            fields.remove(field);
            fields.extend(value.map(|value| (field.to_owned(), value)));
            fields.insert("trace_id".to_owned(), mark);
        }
        Some(record)
    }

    /// Whether all records are as the API describes them.
    pub(crate) fn are_none(&self) -> bool {
        self.unknown <= 0.0 && self.junk <= 0.0
    }

    pub(crate) fn has_junk(&self, id: EngagementId) -> bool {
        self.junk > 0.0 && self.draw(!JUNK, id).chance(self.junk)
    }

    fn draw(&self, aspect: u64, id: EngagementId) -> Draw {
        let bytes = id.number().unwrap_or(0).to_be_bytes();
        let half = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let (high, low) = bytes.split_at(8);
        Draw::new(&[self.seed, aspect, half(high), half(low)])
    }
}

fn add_unknown(fields: &mut Map<String, Value>, draw: &mut Draw) {
    let mood = draw.pick(&["calm", "curious", "cross"]);
    fields.insert("sentiment".to_owned(), json!({ "mood": mood, "score": draw.below(1000) }));
    fields.insert("transcript_ids".to_owned(), json!([draw.below(1_000_000), draw.below(1_000_000)]));
    let nested = [
        ("queues", "wait_duration", json!(draw.below(600))),
        ("agents", "skill", json!({ "name": "languages", "level": draw.below(5) })),
        ("voice_call_details", "codec", json!("opus")),
    ];
    for (list, name, value) in nested {
        if let Some(Value::Object(first)) = fields.get_mut(list).and_then(|items| items.get_mut(0)) {
            first.insert(name.to_owned(), value);
        }
    }
    if let Some(Value::Array(types)) = fields.get_mut("types") {
        types.push(json!("external_hologram_call"));
    }
    if draw.chance(0.25) {
        fields.insert("result".to_owned(), json!("handed_to_the_owl"));
    }
}
