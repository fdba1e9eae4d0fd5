//! Currencies that a user gives to symbols.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

/// Currencies of symbols, in place of and in addition to those that
/// [`Charge::parse`](super::Charge::parse) knows. Empty by default. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CurrencySymbols {
    /// ISO 4217 codes by normalized symbol; few, so that a list is faster than a map.
    codes: Arc<[(String, String)]>,
}

/// Why a symbol cannot be given a currency.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SymbolError {
    /// The symbol is blank, has digits, blanks, signs or brackets, or is an ISO code itself.
    #[error("{symbol:?} is not a currency symbol such as \"kr\" or \"¥\"")]
    InvalidSymbol {
        /// The symbol as given.
        symbol: String,
    },
    /// The currency is not three letters.
    #[error("{code:?} is not an ISO 4217 code such as \"SEK\"")]
    InvalidCode {
        /// The code as given.
        code: String,
    },
}

impl CurrencySymbols {
    /// The currencies of `codes`: ISO 4217 codes by symbol. Letters of a symbol match in any case,
    /// and a point at its end is ignored.
    ///
    /// # Errors
    /// [`SymbolError`] for text that is not a symbol or not a code.
    pub fn try_new(codes: &BTreeMap<String, String>) -> Result<Self, SymbolError> {
        let codes = codes.iter().map(|(symbol, code)| {
            if !is_symbol(symbol) {
                return Err(SymbolError::InvalidSymbol { symbol: symbol.clone() });
            }
            if !is_code(code) {
                return Err(SymbolError::InvalidCode { code: code.clone() });
            }
            Ok((normalized(symbol).into_owned(), code.to_ascii_uppercase()))
        });
        Ok(Self { codes: codes.collect::<Result<_, _>>()? })
    }

    /// The code that `symbol` was given.
    pub(super) fn code(&self, symbol: &str) -> Option<Cow<'static, str>> {
        if self.codes.is_empty() {
            return None;
        }
        let symbol = normalized(symbol);
        self.codes.iter().find(|(known, _)| *known == symbol).map(|(_, code)| Cow::Owned(code.clone()))
    }
}

/// Whether `text` has the form of an ISO 4217 code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// A symbol in lower case, without a point at its end.
pub(super) fn normalized(symbol: &str) -> Cow<'_, str> {
    let symbol = symbol.strip_suffix('.').unwrap_or(symbol);
    if symbol.chars().any(char::is_uppercase) {
        Cow::Owned(symbol.to_lowercase())
    } else {
        Cow::Borrowed(symbol)
    }
}

/// Whether `text` can be the currency symbol of a charge.
fn is_symbol(text: &str) -> bool {
    let reserved = |c: char| c.is_numeric() || c.is_whitespace() || "+-\u{2212}()".contains(c);
    !normalized(text).is_empty() && !is_code(text) && !text.chars().any(reserved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Charge;

    fn symbols(codes: &[(&str, &str)]) -> Result<CurrencySymbols, SymbolError> {
        let codes = codes.iter().map(|(symbol, code)| ((*symbol).to_owned(), (*code).to_owned()));
        CurrencySymbols::try_new(&codes.collect())
    }

    #[test]
    fn a_symbol_means_the_given_currency() {
        let symbols = symbols(&[("kr", "SEK"), ("¥", "cny"), ("zł", "PLN"), ("$", "CAD")]).unwrap();
        for (text, currency) in [
            ("kr 12", Some("SEK")),
            ("12 Kr.", Some("SEK")),
            ("-kr 12", Some("SEK")),
            ("kr 12 NOK", Some("NOK")),
            ("¥12", Some("CNY")),
            ("JP¥12", Some("JPY")),
            ("¥12 JPY", Some("JPY")),
            ("12 zł", Some("PLN")),
            ("$0.019", Some("CAD")),
            ("US$1", Some("USD")),
            ("$1 USD", Some("USD")),
            ("Rs 12", None),
            ("€1", Some("EUR")),
        ] {
            let charge = Charge::parse_with(text, &symbols).unwrap();
            assert_eq!(charge.currency.as_deref(), currency, "{text}");
        }
        assert_eq!(Charge::parse_with("kr 12 EUR", &symbols), None);
    }

    #[test]
    fn what_is_no_symbol_or_code_is_refused() {
        for symbol in ["", " ", ".", "k r", "1", "-", "(", "SEK", "k\u{663}"] {
            let error = SymbolError::InvalidSymbol { symbol: symbol.to_owned() };
            assert_eq!(symbols(&[(symbol, "SEK")]), Err(error), "{symbol}");
        }
        for code in ["", "SE", "SEKK", "S3K", "kr."] {
            assert_eq!(
                symbols(&[("kr", code)]),
                Err(SymbolError::InvalidCode { code: code.to_owned() }),
                "{code}"
            );
        }
    }
}
