//! Numbers of calls as users write them.

use std::num::NonZeroU64;

/// A text is not a number of calls.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCallCount {
    /// The text is not a number.
    #[error("{0:?} is not a number of calls such as 250000, 250k, 10M or 1B")]
    NotANumber(String),
    /// The number is zero.
    #[error("at least one call is needed")]
    Zero,
}

/// Parses a large number: `250k`, `10M`, `2.5M`, `1B`, `1_000_000`, `1,000,000`.
///
/// ```
/// assert_eq!(voxlake_generate::parse_call_count("2.5M")?.get(), 2_500_000);
/// # Ok::<(), voxlake_generate::InvalidCallCount>(())
/// ```
///
/// # Errors
/// [`InvalidCallCount`] if the text is not a number, or zero.
pub fn parse_call_count(text: &str) -> Result<NonZeroU64, InvalidCallCount> {
    let wrong = || InvalidCallCount::NotANumber(text.to_owned());
    let (digits, zeros) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 3),
        Some((at, 'm' | 'M')) => (&text[..at], 6),
        Some((at, 'b' | 'B')) => (&text[..at], 9),
        _ => (text, 0),
    };
    let digits = digits.trim_end();
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if digits.ends_with('.') || !whole.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole = whole.replace(['_', ','], "");
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > zeros || !format!("{whole}{fraction}").bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = format!("{whole}{fraction:0<zeros$}").parse().map_err(|_| wrong())?;
    NonZeroU64::new(number).ok_or(InvalidCallCount::Zero)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<u64> {
        parse_call_count(text).ok().map(NonZeroU64::get)
    }

    #[test]
    fn large_numbers_are_parsed() {
        for (text, number) in [
            ("1", 1),
            ("250000", 250_000),
            ("250k", 250_000),
            ("250K", 250_000),
            ("10M", 10_000_000),
            ("10 M", 10_000_000),
            ("2.5M", 2_500_000),
            ("2.50M", 2_500_000),
            ("0.001k", 1),
            ("1b", 1_000_000_000),
            ("1_000_000", 1_000_000),
            ("1,000,000", 1_000_000),
            ("7.0", 7),
        ] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        for text in [
            "", "k", "0", "0M", "-1", "+1", "1.5", "1.0005k", "1e6", "10G", "1.k", ".5k", "1 0", "M10", "1kk",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("18446744073709551615"), Some(u64::MAX));
        assert_eq!(read("18446744073709551616"), None);
        assert_eq!(read("99999999999B"), None);
    }

    proptest! {
        #[test]
        fn suffixes_multiply_by_thousands(number in 1..=u64::from(u32::MAX)) {
            for (letter, size) in [("k", 1_000_u64), ("M", 1_000_000), ("B", 1_000_000_000)] {
                let (whole, rest) = (number / size, number % size);
                let digits = size.ilog10() as usize;
                prop_assert_eq!(read(&format!("{whole}.{rest:0digits$}{letter}")), Some(number));
            }
            prop_assert_eq!(read(&number.to_string()), Some(number));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC*") {
            let _ = parse_call_count(&text);
        }
    }
}
