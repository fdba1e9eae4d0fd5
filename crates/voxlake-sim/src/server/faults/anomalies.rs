//! Anomalous records: with undocumented fields and values, or invalid as calls.
//!
//! The anomalies of a record follow from its call alone. Every read returns the same records, and
//! `total_records` includes the invalid ones on every page.

use chrono::FixedOffset;
use serde_json::{Map, Value, json};

use crate::call::{Call, EngagementId};
use crate::rng::Rng;
use crate::wire::View;

const UNKNOWN: u64 = 0x756e_6b6e;
const JUNK: u64 = 0x6a75_6e6b;

/// Shares of anomalous records. None by default.
///
/// ```
/// use voxlake_sim::{Anomalies, Faults};
///
/// // Every record has unknown fields, and every tenth call is followed by an invalid record.
/// let anomalies = Anomalies::new(1, 1.0, 0.1);
/// let faults = Faults::none().with_anomalies(anomalies);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Anomalies {
    /// Seed of the selection.
    pub seed: u64,
    /// Share of calls (0 to 1) whose records have unknown fields, at the top level and in queues,
    /// agents and legs. They have an unknown value in `types` as well, and 25 % have one in
    /// `result`. All other fields are unchanged.
    pub unknown_share: f64,
    /// Share of calls (0 to 1) whose records are followed by an invalid one: a copy with a missing
    /// or invalid id or start time, or a string. All differ, and `total_records` counts them.
    pub junk_share: f64,
}

impl Anomalies {
    /// Creates anomalies from a seed and their shares.
    #[must_use]
    pub fn new(seed: u64, unknown_share: f64, junk_share: f64) -> Self {
        Self { seed, unknown_share, junk_share }
    }

    /// Returns the anomalies of [`Faults::seeded`](super::Faults::seeded): `rate` of the records
    /// have unknown fields, a tenth of `rate` are followed by an invalid record.
    #[must_use]
    pub fn seeded(seed: u64, rate: f64) -> Self {
        Self { seed, unknown_share: rate, junk_share: rate / 10.0 }
    }

    /// Returns the record of a call as the server sends it, with times in `offset`.
    #[must_use]
    pub fn record(&self, call: &Call, view: View, offset: FixedOffset) -> Value {
        let mut record = call.to_json(view, offset);
        let mut rng = self.rng(UNKNOWN, call.engagement_id);
        if rng.chance(self.unknown_share)
            && let Value::Object(fields) = &mut record
        {
            add_unknown(fields, &mut rng);
        }
        record
    }

    /// Returns the invalid record that follows the record of a call, if there is one.
    #[must_use]
    pub fn junk(&self, call: &Call, view: View, offset: FixedOffset) -> Option<Value> {
        if !self.has_junk(call.engagement_id) {
            return None;
        }
        let mut rng = self.rng(JUNK, call.engagement_id);
        // Makes copies of calls of the same second differ.
        let mark = json!(format!("{:016x}", rng.next()));
        let (field, value) = match rng.below(7) {
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

    /// Returns whether all records are as the API documents them.
    pub(crate) fn is_none(&self) -> bool {
        self.unknown_share <= 0.0 && self.junk_share <= 0.0
    }

    pub(crate) fn has_junk(&self, id: EngagementId) -> bool {
        self.junk_share > 0.0 && self.rng(!JUNK, id).chance(self.junk_share)
    }

    fn rng(&self, aspect: u64, id: EngagementId) -> Rng {
        let bytes = id.number().unwrap_or(0).to_be_bytes();
        let half = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let (high, low) = bytes.split_at(8);
        Rng::new(&[self.seed, aspect, half(high), half(low)])
    }
}

fn add_unknown(fields: &mut Map<String, Value>, rng: &mut Rng) {
    let mood = rng.pick(&["calm", "curious", "cross"]);
    fields.insert("sentiment".to_owned(), json!({ "mood": mood, "score": rng.below(1000) }));
    fields.insert("transcript_ids".to_owned(), json!([rng.below(1_000_000), rng.below(1_000_000)]));
    let nested = [
        ("queues", "wait_duration", json!(rng.below(600))),
        ("agents", "skill", json!({ "name": "languages", "level": rng.below(5) })),
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
    if rng.chance(0.25) {
        fields.insert("result".to_owned(), json!("handed_to_the_owl"));
    }
}
