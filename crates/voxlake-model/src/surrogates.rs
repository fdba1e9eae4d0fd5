//! Lone surrogates: escapes of half a surrogate pair, such as `"bad \ud83d end"`.
//!
//! They encode no character, so a JSON parser refuses the record. Text that was truncated in the
//! middle of an emoji ends with one.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::extra_fields::{ExtraFields, Path};

/// U+FFFD, the replacement character.
const REPLACEMENT: &str = r"\ufffd";

/// Replaces each lone surrogate of a record with U+FFFD. `None` if the record has none.
pub(crate) fn replace_lone(record: &str) -> Option<String> {
    replace_each(record, |_| Cow::Borrowed(REPLACEMENT))
}

/// Adds the original texts of strings with lone surrogates to `extra`. The escapes are kept as
/// plain text: `\ud83d` becomes these six characters.
pub(crate) fn keep_raw(record: &str, extra: &mut ExtraFields) {
    let raw = replace_each(record, |escape| Cow::Owned(format!(r"\{escape}")));
    let values =
        [replace_lone(record), raw].map(|text| text.and_then(|text| serde_json::from_str(&text).ok()));
    if let [Some(replaced), Some(raw)] = values {
        keep_differing(&replaced, raw, &Path::Record, extra);
    }
}

/// Adds the parts of `raw` that differ from `replaced` to `extra`.
fn keep_differing(replaced: &Value, raw: Value, path: &Path<'_>, extra: &mut ExtraFields) {
    match (replaced, raw) {
        (Value::Object(replaced), Value::Object(raw)) => {
            for (name, raw) in raw {
                let path = Path::Field(path, &name);
                match replaced.get(&name) {
                    Some(replaced) => keep_differing(replaced, raw, &path, extra),
                    // The name itself has a lone surrogate.
                    None => extra.keep(&path, raw),
                }
            }
        }
        (Value::Array(replaced), Value::Array(raw)) => {
            for (at, (replaced, raw)) in replaced.iter().zip(raw).enumerate() {
                keep_differing(replaced, raw, &Path::Item(path, at), extra);
            }
        }
        (replaced, raw) if *replaced != raw => extra.keep(path, raw),
        _ => {}
    }
}

/// Replaces each lone surrogate of a record with the `replacement` for its escape. `None` if the
/// record has none.
fn replace_each<'a>(record: &'a str, replacement: impl Fn(&'a str) -> Cow<'a, str>) -> Option<String> {
    let mut text = String::new();
    let mut copied = 0;
    for escape in lone_surrogates(record) {
        text.push_str(&record[copied..escape.start]);
        text.push_str(&replacement(&record[escape.clone()]));
        copied = escape.end;
    }
    text.push_str(&record[copied..]);
    (copied > 0).then_some(text)
}

/// Returns the byte ranges of the escapes of lone surrogates, in order.
fn lone_surrogates(record: &str) -> Vec<Range<usize>> {
    let bytes = record.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(next) = memchr::memchr(b'\\', &bytes[at..]) {
        let begin = at + next;
        match code_unit(bytes, begin) {
            Some(0xd800..=0xdbff) if matches!(code_unit(bytes, begin + 6), Some(0xdc00..=0xdfff)) => {
                at = begin + 12;
            }
            Some(0xd800..=0xdfff) => {
                at = begin + 6;
                found.push(begin..at);
            }
            // Any other escape consists of the backslash and the next character.
            _ => at = (begin + 2).min(bytes.len()),
        }
    }
    found
}

/// Returns the code unit of the escape `\uXXXX` at byte `at`. `None` if there is no such escape.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(br"\u")?;
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced() {
        for (record, expected) in [
            (r#""bad \ud83d end""#, Some(r#""bad \ufffd end""#)),
            (r#""\uD83D""#, Some(r#""\ufffd""#)),
            (r#""\ude00\ud83d""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\ude00""#, None),
            // An escaped backslash, and text that is not an escape.
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\ud8""#, None),
            (r#""\u+d83""#, None),
            ("\\", None),
            ("plain", None),
        ] {
            assert_eq!(replace_lone(record).as_deref(), expected, "{record}");
        }
    }

    #[test]
    fn raw_texts_are_kept_by_path() {
        let record = r#"{"a": "x \ud83d", "b": [1, "\ude00", "fine"], "\ud800": 2, "c": "d"}"#;
        let mut extra = ExtraFields::default();
        keep_raw(record, &mut extra);
        assert_eq!(extra.into_json().as_deref(), Some(r#"{"\\ud800":2,"a":"x \\ud83d","b/1":"\\ude00"}"#));
    }
}
