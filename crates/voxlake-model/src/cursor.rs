//! JSON, read token by token: quick where it is plain, and never wrong.
//!
//! What is plain (strings without escapes, whole numbers, white space) is read here; an escaped string and any
//! value of unknown shape by `serde_json`, from where the cursor stands. `None` means that something else stands
//! there, which may or may not be JSON: the caller begins anew with `serde_json`, which knows.
//!
//! This exists because of what it brings: `serde_json`'s visitors, straight into the same columns, took 1.5 times
//! as long for records and 2.1 times for pages, whose records it has to find the ends of first (50,000 calls of
//! both views, in turns with this in one run).

use std::borrow::Cow;

use serde::Deserialize;

/// Brackets that may open in a value of unknown shape. `serde_json` nests to 128, and counts from the record's
/// beginning what is counted from the value's here.
const MOST_BRACKETS: usize = 64;

/// Bytes that are looked at in one step.
const WORD: usize = size_of::<u64>();

/// A JSON text, and how far it was read.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where it stands, to come back to.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    pub(crate) fn return_to(&mut self, place: usize) {
        self.at = place;
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
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    /// Takes `byte`.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) -> Option<()> {
        self.takes(byte).then_some(())
    }

    /// Whether the text comes next, to the letter; then it is taken.
    #[inline]
    pub(crate) fn takes_text(&mut self, text: &[u8]) -> bool {
        self.peek();
        let next = self.text.as_bytes().get(self.at..).is_some_and(|rest| starts_with(rest, text));
        self.at += if next { text.len() } else { 0 };
        next
    }

    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    pub(crate) fn flag(&mut self) -> Option<bool> {
        if self.takes_text(b"true") {
            return Some(true);
        }
        self.takes_text(b"false").then_some(false)
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
        let end = begin + plain_length(self.text.as_bytes().get(begin..)?);
        match self.text.as_bytes().get(end)? {
            b'"' => {
                self.at = end + 1;
                self.text.get(begin..end).map(Cow::Borrowed)
            }
            b'\\' => self.value().map(Cow::Owned),
            _ => None,
        }
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
        (brackets <= MOST_BRACKETS).then_some(value)
    }
}

/// As `[u8]` does it, but word by word and in line: most calls are for names of a few words.
#[inline]
fn starts_with(text: &[u8], start: &[u8]) -> bool {
    let Some(text) = text.get(..start.len()) else { return false };
    let (Some(text_end), Some(end)) = (text.last_chunk::<WORD>(), start.last_chunk::<WORD>()) else {
        return text == start;
    };
    text_end == end && text.as_chunks::<WORD>().0.iter().eq(start.as_chunks::<WORD>().0)
}

/// The number of bytes before the first that a string cannot hold as it is: its end, an escape, or a control
/// character.
#[inline]
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    let mut length = 0;
    let (words, rest) = text.as_chunks::<WORD>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        // The high bit of each byte: is it zero after the xor, or below 0x20? A borrow from the byte before can
        // only mark too much after a true mark, and the first mark counts.
        let quote = word ^ (ONES * u64::from(b'"'));
        let escape = word ^ (ONES * u64::from(b'\\'));
        let marks = (word.wrapping_sub(ONES * 0x20) & !word)
            | (quote.wrapping_sub(ONES) & !quote)
            | (escape.wrapping_sub(ONES) & !escape);
        let marks = marks & HIGHS;
        if marks != 0 {
            return length + (marks.trailing_zeros() / 8) as usize;
        }
        length += WORD;
    }
    length + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
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
        fn a_whole_number_is_always_read(number: i64) {
            prop_assert_eq!(Cursor::new(&number.to_string()).integer(), Some(number));
        }

        #[test]
        fn the_plain_part_of_a_text_ends_where_plain_code_says(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let plain = |byte: &&u8| **byte >= 0x20 && **byte != b'"' && **byte != b'\\';
            prop_assert_eq!(plain_length(&text), text.iter().take_while(plain).count());
        }
    }

    #[test]
    fn a_value_that_nests_deep_is_left_to_others() {
        for (depth, read) in [(MOST_BRACKETS, true), (MOST_BRACKETS + 1, false)] {
            let json = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(Cursor::new(&json).shallow_value::<Value>().is_some(), read);
        }
    }
}
