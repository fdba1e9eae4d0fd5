//! Charge text such as `$0.019` → an exact decimal and its currency.
//!
//! Money is never a float here: digits go straight into millionths. What cannot be read exactly
//! (no digits, two currencies, a seventh fraction digit that is not zero, …) is `None`: the text
//! stays in the lake, the amount becomes NULL, and NULL is counted, never taken for zero.
//!
//! The symbols are those of Unicode CLDR's English locale, in which `$` is the US dollar and `¥`
//! the yen, and other dollars and yuan carry a prefix (`CA$`, `CN¥`). Of symbols that several
//! currencies share without a prefix (`kr`), the amount is read and the currency is not known.
//! [`CurrencySymbols`] can say which currency a symbol means.

mod symbols;

use std::borrow::Cow;
use std::fmt;

pub use self::symbols::{CurrencySymbols, SymbolError};
use self::symbols::{is_code, normalized};

/// Fraction digits that an amount keeps; the scale of the lake's `charge_amount`.
const FRACTION_DIGITS: usize = 6;
/// Digits before the fraction, as many as `decimal(18,6)` holds.
const INTEGER_DIGITS: usize = 12;
/// Largest amount, in millionths: eighteen digits, as many as `decimal(18,6)` holds.
const MAX_MICROS: i64 = 999_999_999_999_999_999;

/// Symbols and the ISO 4217 codes that they stand for.
const SYMBOLS: [(&str, &str); 24] = [
    ("$", "USD"),
    ("US$", "USD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("S$", "SGD"),
    ("SG$", "SGD"),
    ("MX$", "MXN"),
    ("R$", "BRL"),
    ("NT$", "TWD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("JP¥", "JPY"),
    ("CN¥", "CNY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₪", "ILS"),
    ("₫", "VND"),
    ("₱", "PHP"),
    ("₺", "TRY"),
];

/// Symbols that stand for several currencies, none of which is meant by default; in lower case,
/// without a point at the end.
const AMBIGUOUS_SYMBOLS: [(&str, &[&str]); 4] = [
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("rs", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("₨", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("fr", &["CHF", "XAF", "XOF", "XPF"]),
];

/// An amount of money, exact to the millionth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The amount in millionths of the currency unit; at most eighteen digits.
    pub micros: i64,
    /// ISO 4217 code; `None` where the text names no currency, or one of several that share a
    /// symbol.
    pub currency: Option<Cow<'static, str>>,
}

impl Charge {
    /// Reads a charge: sign or accounting brackets, symbol or ISO code before or after the digits,
    /// `,` `.` `'` or space between thousands, `.` or `,` before the fraction.
    ///
    /// One separator alone is read as English writes it: `.` begins the fraction, `,` parts
    /// thousands where the groups allow it (`1,234`) and begins the fraction where not (`0,019`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_with(text, &CurrencySymbols::default())
    }

    /// As [`Charge::parse`], with the currencies of `symbols`. A code next to a symbol (`kr 12
    /// NOK`) takes precedence.
    #[must_use]
    pub fn parse_with(text: &str, symbols: &CurrencySymbols) -> Option<Self> {
        let text = text.trim();
        if let Some(charge) = parse_simple(text, symbols) {
            return Some(charge);
        }
        let (text, bracketed) = match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
            Some(inner) => (inner.trim(), true),
            None => (text, false),
        };
        let first = text.find(|c: char| c.is_ascii_digit())?;
        let last = text.rfind(|c: char| c.is_ascii_digit())?;
        // ".5" keeps its point with the digits.
        let first = if text[..first].ends_with('.') { first - 1 } else { first };
        let (before, digits, after) = (&text[..first], &text[first..=last], &text[last + 1..]);
        // In `Rs.12` the point may belong to the symbol or to the number.
        let is_abbreviation =
            |text: &str| codes_of_shared_symbol(text).is_some() || symbols.code(text).is_some();
        if digits.starts_with('.') && before.ends_with(char::is_alphabetic) && is_abbreviation(before) {
            return None;
        }

        let (before, minus_before) = split_sign(before)?;
        let (after, minus_after) = split_sign(after)?;
        let negative = match [bracketed, minus_before, minus_after].iter().filter(|set| **set).count() {
            0 => false,
            1 => true,
            _ => return None,
        };
        let magnitude = parse_micros(digits)?;
        Some(Self {
            micros: if negative { -magnitude } else { magnitude },
            currency: parse_currency(&before, &after, symbols)?,
        })
    }
}

/// The plain form, which [`Charge::parse`] reads back: `USD -0.019`.
impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(currency) = &self.currency {
            write!(f, "{currency} ")?;
        }
        let sign = if self.micros < 0 { "-" } else { "" };
        let magnitude = self.micros.unsigned_abs();
        write!(f, "{sign}{}.{:06}", magnitude / 1_000_000, magnitude % 1_000_000)
    }
}

/// The form that the API writes, `$0.019`, read without the lists and texts that the others need: a
/// symbol or nothing, digits, and a fraction or none.
fn parse_simple(text: &str, symbols: &CurrencySymbols) -> Option<Charge> {
    let first = text.bytes().position(|byte| byte.is_ascii_digit())?;
    let (symbol, digits) = text.split_at(first);
    let currency = match symbol {
        "" => None,
        symbol => Some(match symbols.code(symbol) {
            Some(code) => code,
            None => Cow::Borrowed(SYMBOLS.iter().find(|(s, _)| *s == symbol)?.1),
        }),
    };
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let has_room = integer.len() <= INTEGER_DIGITS && (1..=FRACTION_DIGITS).contains(&fraction.len());
    if !has_room || integer.is_empty() {
        return None;
    }
    let mut micros = 0;
    for byte in integer.bytes().chain(fraction.bytes()) {
        micros = micros * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    for _ in fraction.len()..FRACTION_DIGITS {
        micros *= 10;
    }
    Some(Charge { micros, currency })
}

/// What stands beside the digits, without spaces and without its sign, and whether that was a
/// minus. `None` for more than one sign.
fn split_sign(text_around: &str) -> Option<(String, bool)> {
    let (mut rest, mut sign) = (String::new(), None);
    for c in text_around.chars().filter(|c| !c.is_whitespace()) {
        let minus = matches!(c, '-' | '\u{2212}');
        if minus || c == '+' {
            if sign.replace(minus).is_some() {
                return None;
            }
        } else {
            rest.push(c);
        }
    }
    Some((rest, sign.unwrap_or(false)))
}

/// The currency named before and after the digits: `Some(None)` where none is, `None` where what
/// stands there is no currency, or two that differ.
fn parse_currency(before: &str, after: &str, symbols: &CurrencySymbols) -> Option<Option<Cow<'static, str>>> {
    let text_around = [before, after].into_iter().filter(|text| !text.is_empty());
    let named: Vec<Vec<Cow<'static, str>>> =
        text_around.clone().map(|text| possible_codes(text, symbols)).collect::<Option<_>>()?;
    let is_unknown = |text: &str| codes_of_shared_symbol(text).is_some() && symbols.code(text).is_none();
    match named.as_slice() {
        [] => Some(None),
        [_] if text_around.clone().any(is_unknown) => Some(None),
        [one] => Some(one.first().cloned()),
        [one, other] => one.iter().find(|code| other.contains(code)).cloned().map(Some),
        _ => None,
    }
}

/// The codes that `text` (a code, a symbol, or both as in `USD$`) may stand for, the likeliest
/// first. `None` where it is neither.
fn possible_codes(text: &str, symbols: &CurrencySymbols) -> Option<Vec<Cow<'static, str>>> {
    let code = |text: &str| is_code(text).then(|| Cow::Owned(text.to_ascii_uppercase()));
    if let Some(code) = code(text) {
        return Some(vec![code]);
    }
    let shared = || Some(codes_of_shared_symbol(text)?.iter().map(|code| Cow::Borrowed(*code)).collect());
    let known = codes_of_symbol(text).or_else(shared);
    if let Some(given) = symbols.code(text) {
        return Some([given].into_iter().chain(known.into_iter().flatten()).collect());
    }
    if known.is_some() {
        return known;
    }
    let (first, rest) = text.split_at_checked(3)?;
    let code = code(first)?;
    codes_of_symbol(rest)?.contains(&code).then(|| vec![code])
}

/// The codes that a symbol may stand for. `$` and `¥` beside a code (`$5 CAD`) agree with any
/// dollar or yuan; alone they are the first of their list.
fn codes_of_symbol(text: &str) -> Option<Vec<Cow<'static, str>>> {
    let (_, likeliest) = SYMBOLS.iter().find(|(symbol, _)| *symbol == text)?;
    let mut codes = vec![Cow::Borrowed(*likeliest)];
    if matches!(text, "$" | "¥") {
        codes.extend(SYMBOLS.iter().filter(|(s, _)| s.ends_with(text)).map(|(_, code)| Cow::Borrowed(*code)));
    }
    Some(codes)
}

/// The codes that a symbol of several currencies may stand for.
fn codes_of_shared_symbol(text: &str) -> Option<&'static [&'static str]> {
    let text = normalized(text);
    AMBIGUOUS_SYMBOLS.iter().find(|(symbol, _)| *symbol == text).map(|(_, codes)| *codes)
}

/// Digits with separators → millionths.
fn parse_micros(digits: &str) -> Option<i64> {
    let digits = digits.replace([' ', '\u{a0}', '\u{202f}', '\'', '\u{2019}'], "\u{1}");
    let (integer, fraction) = split_fraction(&digits)?;
    let integer = ungroup(integer)?;
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > FRACTION_DIGITS || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = format!("{integer}{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
    (micros <= MAX_MICROS).then_some(micros)
}

/// Where the fraction begins: at the last separator, unless that one parts thousands.
fn split_fraction(digits: &str) -> Option<(&str, &str)> {
    let (points, commas) = (digits.matches('.').count(), digits.matches(',').count());
    let separator = match (points, commas) {
        (0, 0) => return Some((digits, "")),
        (1, 0) => '.',
        (0, 1) if ungroup(digits).is_none() => ',',
        (_, 0) | (0, _) => return Some((digits, "")),
        (1, _) if digits.rfind('.') > digits.rfind(',') => '.',
        (_, 1) if digits.rfind(',') > digits.rfind('.') => ',',
        _ => return None,
    };
    digits.rsplit_once(separator)
}

/// Digits in groups → digits. The last group has three, the ones between two or three (India
/// groups by two), the first one to three and no leading zero; one kind of separator.
fn ungroup(integer: &str) -> Option<String> {
    let mut separators = integer.chars().filter(|c| !c.is_ascii_digit());
    let Some(separator) = separators.next() else {
        return Some(integer.to_owned());
    };
    if separators.any(|other| other != separator) {
        return None;
    }
    let groups: Vec<&str> = integer.split(separator).collect();
    let [first, between @ .., last] = groups.as_slice() else { return None };
    let fits = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && between.iter().all(|group| (2..=3).contains(&group.len()))
        && last.len() == 3;
    fits.then(|| groups.concat())
}

#[cfg(test)]
mod tests;
