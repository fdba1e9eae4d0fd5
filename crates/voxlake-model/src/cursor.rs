//! JSON, read token by token: quick where it is plain, and never wrong.
//!
//! What is plain (strings without escapes, whole numbers, white space) is read here; an escaped
//! string and any value of unknown shape by `serde_json`, from where the cursor stands. `None`
//! means that something else stands there, which may or may not be JSON: the caller begins anew
//! with `serde_json`, which knows.
//!
//! This exists because of what it brings: `serde_json`'s visitors, straight into the same columns,
//! took 1.5 times as long for records and 2.1 times for pages, whose records it has to find the
//! ends of first (50,000 calls of both views, in turns with this in one run).

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;

/// Brackets that may open in a value of unknown shape. `serde_json` nests to 128, and counts from
/// the record's beginning what is counted from the value's here.
const MAX_BRACKETS: usize = 64;

/// A JSON text, and how far it was read.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    /// Whether there are control characters anywhere, such as white space between the tokens. Where
    /// there are none, no string has to be searched for them.
    has_controls: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        // The line's end behind a record, so that it does not count as a control character.
        let text = text.trim_end_matches([' ', '\n', '\r', '\t']);
        // Without a way out, since that is what processors do many bytes at once.
        let has_controls = text.bytes().fold(false, |found, byte| found | is_control(byte));
        Self { text, at: 0, has_controls }
    }

    /// Where it stands, to come back to.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn rewind_to(&mut self, position: usize) {
        self.at = position;
    }

    /// The next byte that is no white space, which stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Whether `byte` comes next; then it is taken.
    #[inline]
    pub(crate) fn skip(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    /// Takes `byte`.
    #[inline]
    pub(crate) fn require(&mut self, byte: u8) -> Option<()> {
        self.skip(byte).then_some(())
    }

    /// Whether the text comes next, to the letter and without white space before it; then it is
    /// taken.
    #[inline]
    pub(crate) fn skip_text(&mut self, text: &[u8]) -> bool {
        let next = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(text));
        self.at += if next { text.len() } else { 0 };
        next
    }

    /// Whether `name` comes next in quotes, then a colon, without white space before or between
    /// them; then they are taken.
    #[inline]
    pub(crate) fn skip_name(&mut self, name: &str) -> bool {
        let end = self.at + name.len() + 3;
        let next = match self.text.as_bytes().get(self.at..end) {
            Some([b'"', text @ .., b'"', b':']) => equal_bytes(text, name.as_bytes()),
            _ => false,
        };
        self.at = if next { end } else { self.at };
        next
    }

    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        self.peek();
        if self.skip_text(b"true") {
            return Some(true);
        }
        self.skip_text(b"false").then_some(false)
    }

    /// A whole number that an `i64` holds.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        self.peek();
        let rest = self.text.get(self.at..)?;
        let minus = rest.starts_with('-');
        let length =
            usize::from(minus) + rest.bytes().skip(minus.into()).take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(length)?;
        // JSON has no zero before other digits, and what becomes of a zero with a sign is not said here.
        let zero_first = number.trim_start_matches('-').starts_with('0') && number != "0";
        if zero_first || after.starts_with(['.', 'e', 'E']) {
            return None;
        }
        self.at += length;
        number.parse().ok()
    }

    #[inline]
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let begin = self.at + 1;
        let rest = self.text.as_bytes().get(begin..)?;
        let end = memchr2(b'"', b'\\', rest)?;
        if rest[end] == b'\\' {
            return self.value().map(Cow::Owned);
        }
        let text = self.text.get(begin..begin + end)?;
        if self.has_controls && text.bytes().any(is_control) {
            return None;
        }
        self.at = begin + end + 1;
        Some(Cow::Borrowed(text))
    }

    /// A value of any shape, as `serde_json` reads it.
    pub(crate) fn value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let rest = self.text.get(self.at..)?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value)
    }

    /// A value of any shape that does not nest deep.
    pub(crate) fn shallow_value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let begin = self.at;
        let value = self.value()?;
        let text = self.text.as_bytes().get(begin..self.at)?;
        let brackets = text.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
        (brackets <= MAX_BRACKETS).then_some(value)
    }
}

/// Whether two texts of one length are the same: eight bytes at once and without a call, as names
/// are short and most of them are there. That took a tenth less of a record's time than the
/// library's comparison.
#[inline]
fn equal_bytes(a: &[u8], b: &[u8]) -> bool {
    let (Some(a_end), Some(b_end)) = (a.last_chunk::<8>(), b.last_chunk::<8>()) else {
        return match (a.first_chunk::<4>(), b.first_chunk::<4>(), a.last_chunk::<4>(), b.last_chunk::<4>()) {
            (Some(a), Some(b), Some(a_end), Some(b_end)) => a == b && a_end == b_end,
            _ => a == b,
        };
    };
    let (a, b) = (a.as_chunks::<8>().0, b.as_chunks::<8>().0);
    a_end == b_end && a.iter().zip(b).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b))
}

/// Whether JSON has no place for the byte in a string.
fn is_control(byte: u8) -> bool {
    byte < 0x20
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    proptest! {
        #[test]
        fn a_string_is_read_as_serde_json_reads_it(text in r#"[\x00-\x7fé€😀"\\u0-9]{0,40}"#) {
            let json = format!(" \"{text}\"");
            let mut cursor = Cursor::new(&json);
            if let Some(read) = cursor.string().filter(|_| cursor.is_at_end()) {
                prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(read.into_owned()));
            }
        }

        #[test]
        fn a_string_without_escapes_is_always_read(text in r"\PC{0,40}") {
            let json = Value::from(text.as_str()).to_string();
            let read = Cursor::new(&json).string().map(Cow::into_owned);
            prop_assert_eq!(read, Some(text));
        }

        #[test]
        fn a_number_is_read_as_serde_json_reads_it(text in "-?[0-9]{0,20}[.eE]?[0-9]{0,2}") {
            let mut cursor = Cursor::new(&text);
            if let Some(read) = cursor.integer().filter(|_| cursor.is_at_end()) {
                prop_assert_eq!(serde_json::from_str::<i64>(&text).ok(), Some(read));
            }
        }

        #[test]
        fn a_name_is_taken_where_it_stands_and_nowhere_else(name in "[ab]{0,20}", other in "[ab]{0,20}") {
            let json = format!(r#""{name}":1"#);
            prop_assert!(Cursor::new(&json).skip_name(&name));
            prop_assert_eq!(Cursor::new(&json).skip_name(&other), name == other);
            prop_assert!(!Cursor::new(&json[..json.len() - 2]).skip_name(&name));
        }

        #[test]
        fn a_name_that_differs_in_one_byte_is_another(name in "[a-z_]{1,40}", at: prop::sample::Index) {
            let mut other = name.clone().into_bytes();
            other[at.index(name.len())] = b'A';
            let json = format!(r#""{name}":1"#);
            prop_assert!(!Cursor::new(&json).skip_name(&String::from_utf8(other).unwrap()));
        }

        #[test]
        fn a_whole_number_is_always_read(number: i64) {
            prop_assert_eq!(Cursor::new(&number.to_string()).integer(), Some(number));
        }
    }

    #[test]
    fn a_value_that_nests_deep_is_left_to_others() {
        for (depth, read) in [(MAX_BRACKETS, true), (MAX_BRACKETS + 1, false)] {
            let json = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(Cursor::new(&json).shallow_value::<Value>().is_some(), read);
        }
    }
}
