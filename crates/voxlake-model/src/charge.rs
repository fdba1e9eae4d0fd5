//! Parsing of charges such as `$0.019` into an exact decimal and its currency.
//!
//! Money is never a float: digits are converted directly to millionths. Text that cannot be read
//! exactly gives `None`, for example if it has no digits, two currencies or a seventh fraction
//! digit that is not zero. The lake then keeps the text, and the amount is NULL, which is counted
//! and never taken for zero.
//!
//! The symbols are those of Unicode CLDR's English locale. There, `$` is the US dollar and `¥` the
//! yen; other dollars and yuan have a prefix (`CA$`, `CN¥`). For symbols that several currencies
//! share without a prefix (`kr`), the amount is known and the currency is not. [`CurrencySymbols`]
//! can assign a currency to a symbol.

mod symbols;

use std::borrow::Cow;
use std::fmt;

pub use self::symbols::{CurrencySymbols, SymbolError};
use self::symbols::{is_code, normalized};

/// Fraction digits of an amount; the scale of the lake's `charge_amount`.
const FRACTION_DIGITS: usize = 6;
/// Maximum digits before the fraction in `decimal(18,6)`.
const INTEGER_DIGITS: usize = 12;
/// Largest amount in millionths: the eighteen digits of `decimal(18,6)`.
const MAX_MICROS: i64 = 999_999_999_999_999_999;

/// Symbols and their ISO 4217 codes.
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

/// Symbols shared by several currencies, in lower case and without a final point.
const AMBIGUOUS_SYMBOLS: [(&str, &[&str]); 4] = [
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("rs", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("₨", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("fr", &["CHF", "XAF", "XOF", "XPF"]),
];

/// An amount of money, exact to the millionth.
///
/// ```
/// use voxlake_model::Charge;
///
/// let charge = Charge::parse("$1,234.50").ok_or("not a charge")?;
/// assert_eq!(charge.micros, 1_234_500_000);
/// assert_eq!(charge.currency.as_deref(), Some("USD"));
/// assert_eq!(Charge::parse("free"), None);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Amount in millionths of the currency unit; at most eighteen digits.
    pub micros: i64,
    /// ISO 4217 code. `None` if the text has no currency, or a symbol that several currencies
    /// share.
    pub currency: Option<Cow<'static, str>>,
}

impl Charge {
    /// Parses a charge.
    ///
    /// Supported are a sign or accounting brackets; a symbol or ISO code before or after the
    /// digits; `,`, `.`, `'` or a space between thousands; `.` or `,` before the fraction. A single
    /// separator is read as in English: `.` starts the fraction; `,` separates thousands if the
    /// groups fit (`1,234`) and otherwise starts the fraction (`0,019`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_with(text, &CurrencySymbols::default())
    }

    /// Parses a charge with the currencies of `symbols`. A code next to a symbol takes precedence,
    /// as in `kr 12 NOK`.
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
        // In ".5" the point belongs to the digits.
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

/// Writes a form that [`Charge::parse`] reads back: `USD -0.019`.
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

/// Parses the form that the API writes, `$0.019`: an optional symbol, digits and an optional
/// fraction. It needs neither lists nor copies.
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

/// Removes spaces and the sign from the text around the digits. Returns whether the sign was a
/// minus; `None` for more than one sign.
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

/// Returns the currency before or after the digits: `Some(None)` if it is missing or unknown,
/// `None` if the text is not a currency or the two differ.
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

/// Returns the codes that `text` may stand for, the most likely one first: a code, a symbol, or
/// both as in `USD$`. `None` if it is neither.
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

/// Returns the codes that a symbol may stand for. Next to a code (`$5 CAD`), `$` and `¥` may be any
/// dollar or yuan; alone, they are the first of their list.
fn codes_of_symbol(text: &str) -> Option<Vec<Cow<'static, str>>> {
    let (_, likeliest) = SYMBOLS.iter().find(|(symbol, _)| *symbol == text)?;
    let mut codes = vec![Cow::Borrowed(*likeliest)];
    if matches!(text, "$" | "¥") {
        codes.extend(SYMBOLS.iter().filter(|(s, _)| s.ends_with(text)).map(|(_, code)| Cow::Borrowed(*code)));
    }
    Some(codes)
}

/// Returns the codes of a symbol that several currencies share.
fn codes_of_shared_symbol(text: &str) -> Option<&'static [&'static str]> {
    let text = normalized(text);
    AMBIGUOUS_SYMBOLS.iter().find(|(symbol, _)| *symbol == text).map(|(_, codes)| *codes)
}

/// Converts digits with separators to millionths.
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

/// Splits off the fraction at the last separator, unless that separates thousands.
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

/// Removes the separators of thousands. The last group has three digits, the middle ones two
/// (India) or three, the first one up to three and no leading zero. All separators have to be the
/// same.
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
