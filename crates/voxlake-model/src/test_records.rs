//! Valid and invalid records for tests.

use arrow::datatypes::{DataType, Field, Fields};
use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::schema;

/// Any JSON of limited depth.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,24})([.][0-9]{1,3})?([eE][-+]?[0-9]{1,3})?"
            .prop_map(|n| serde_json::from_str(&n).unwrap()),
        "\\PC{0,12}".prop_map(Value::from),
        "[-$0-9.,TZ:+ ]{0,25}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z/~]{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A record with any JSON in the fields of the schema. It may or may not be valid.
pub(crate) fn any_record() -> impl Strategy<Value = Value> {
    let schema = schema::voice_calls();
    let names: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
    let fields = proptest::collection::btree_map(proptest::sample::select(names), any_json(), 0..20);
    (fields, any::<bool>()).prop_map(|(fields, storable)| {
        let record = Value::Object(fields.into_iter().collect());
        if storable {
            let mut record = record;
            record["engagement_id"] = json!("id");
            record["start_time"] = json!("2026-11-01T00:00:00Z");
            return record;
        }
        record
    })
}

/// Returns whether Voxlake adds the field. Records of the API do not have it.
pub(crate) fn is_added_field(field: &Field) -> bool {
    ["charge_amount", "charge_currency", "extra", "fetched_at"].contains(&field.name().as_str())
}

/// JSON of a value of this type as the API writes it, or null.
fn well_formed(data_type: &DataType) -> BoxedStrategy<Value> {
    let some = match data_type {
        DataType::Utf8 => "\\PC{0,10}".prop_map(Value::from).boxed(),
        DataType::Int64 => any::<i64>().prop_map(Value::from).boxed(),
        DataType::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        DataType::Timestamp(..) => (946_684_800_i64..4_000_000_000)
            .prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339().into())
            .boxed(),
        DataType::List(item) => {
            proptest::collection::vec(well_formed(item.data_type()), 0..3).prop_map(Value::from).boxed()
        }
        DataType::Struct(fields) => well_formed_object(fields).prop_map(Value::Object).boxed(),
        other => panic!("the schema has no {other}"),
    };
    prop_oneof![1 => Just(Value::Null), 4 => some].boxed()
}

fn well_formed_object(fields: &Fields) -> BoxedStrategy<Map<String, Value>> {
    let fields = fields.iter().filter(|field| !is_added_field(field));
    let values: Vec<_> =
        fields.map(|field| (Just(field.name().clone()), well_formed(field.data_type()))).collect();
    values.prop_map(|values| values.into_iter().collect()).boxed()
}

/// A valid call with all fields of the schema.
pub(crate) fn well_formed_call() -> impl Strategy<Value = Value> {
    let start =
        (946_684_800_i64..4_000_000_000).prop_map(|s| DateTime::from_timestamp(s, 0).unwrap().to_rfc3339());
    (well_formed_object(schema::voice_calls().fields()), start).prop_map(|(mut call, start)| {
        call.insert("engagement_id".to_owned(), "id".into());
        call.insert("start_time".to_owned(), start.into());
        Value::Object(call)
    })
}

/// Writes JSON in an unusual form: with white space, escapes and duplicate fields. The bytes of
/// `choices` decide where, in order and repeated.
pub(crate) fn write_unusual(value: &Value, choices: &[u8]) -> String {
    let mut writer = UnusualWriter { text: String::new(), choices: choices.iter().copied().cycle() };
    writer.value(value);
    writer.text
}

/// State of [`write_unusual`].
struct UnusualWriter<I> {
    text: String,
    choices: I,
}

impl<I: Iterator<Item = u8>> UnusualWriter<I> {
    /// Returns true for about one in `n` choices.
    fn one_in(&mut self, n: u8) -> bool {
        self.choices.next().is_some_and(|choice| choice % n == 1)
    }

    fn token(&mut self, token: &str) {
        if self.one_in(9) {
            self.text.push_str(" \n\t\r ");
        }
        self.text.push_str(token);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                self.token("[");
                for (at, item) in items.iter().enumerate() {
                    self.token(if at == 0 { "" } else { "," });
                    self.value(item);
                }
                self.token("]");
            }
            Value::Object(object) => {
                self.token("{");
                let mut separator = "";
                for (name, value) in object {
                    let times = if self.one_in(29) { 2 } else { 1 };
                    for time in 0..times {
                        self.token(separator);
                        separator = ",";
                        self.string(name);
                        self.token(":");
                        self.value(if time + 1 < times { &Value::Null } else { value });
                    }
                }
                self.token("}");
            }
            plain => self.token(&plain.to_string()),
        }
    }

    fn string(&mut self, text: &str) {
        self.token("\"");
        let escape_all = self.one_in(9);
        for c in text.chars() {
            match c {
                '"' | '\\' => self.text.extend(['\\', c]),
                c if escape_all || c < ' ' => {
                    let units = c
                        .encode_utf16(&mut [0; 2])
                        .iter()
                        .map(|unit| format!("\\u{unit:04x}"))
                        .collect::<String>();
                    self.text.push_str(&units);
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

/// Replaces `removed` characters of `text` with `inserted`. The position is `per_mille` thousandths
/// of its length.
pub(crate) fn damage(text: &str, per_mille: usize, removed: usize, inserted: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = characters.len() * per_mille / 1000;
    let rest = characters.iter().skip(at + removed);
    characters.iter().take(at).copied().chain(inserted.chars()).chain(rest.copied()).collect()
}

/// Texts for [`damage`] to insert.
pub(crate) fn any_damage() -> impl Strategy<Value = String> {
    const WORDS: [&str; 19] = [
        "", "\"", "\\", "{", "}", "[", "]", ":", ",", "0", "-", ".", "e5", "\u{0}", "\t", " ", "n", "true",
        "\\ud800",
    ];
    proptest::sample::select(&WORDS[..]).prop_map(str::to_owned)
}
