//! Currencies assigned to symbols by the configuration.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

/// Currencies of symbols. They replace and extend the built-in ones of
/// [`Charge::parse`](super::Charge::parse). Empty by default. Cheap to clone.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use voxlake_model::{Charge, CurrencySymbols};
///
/// let codes = BTreeMap::from([("kr".to_owned(), "SEK".to_owned())]);
/// let symbols = CurrencySymbols::try_new(&codes)?;
/// let charge = Charge::parse_with("12 kr", &symbols);
/// assert_eq!(charge.and_then(|charge| charge.currency).as_deref(), Some("SEK"));
/// # Ok::<(), voxlake_model::SymbolError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CurrencySymbols {
    /// ISO 4217 codes by normalized symbol. There are few, so a list is faster than a map.
    codes: Arc<[(String, String)]>,
}

/// Reason why a currency cannot be assigned to a symbol.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SymbolError {
    /// The symbol is blank, is an ISO code, or contains digits, spaces, signs or brackets.
    #[error("{symbol:?} is not a currency symbol such as \"kr\" or \"¥\"")]
    InvalidSymbol {
        /// The symbol as given.
        symbol: String,
    },
    /// The currency does not have three letters.
    #[error("{code:?} is not an ISO 4217 code such as \"SEK\"")]
    InvalidCode {
        /// The code as given.
        code: String,
    },
}

impl CurrencySymbols {
    /// Creates the mapping from ISO 4217 codes by symbol. Symbols match in any case, and without a
    /// final point.
    ///
    /// # Errors
    /// [`SymbolError`] for an invalid symbol or code.
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

    /// Returns the codes by normalized symbol, in the form that [`Self::try_new`] takes.
    #[must_use]
    pub fn codes(&self) -> BTreeMap<String, String> {
        self.codes.iter().cloned().collect()
    }

    /// Returns the code assigned to `symbol`.
    pub(super) fn code(&self, symbol: &str) -> Option<Cow<'static, str>> {
        if self.codes.is_empty() {
            return None;
        }
        let symbol = normalized(symbol);
        self.codes.iter().find(|(known, _)| *known == symbol).map(|(_, code)| Cow::Owned(code.clone()))
    }
}

/// Returns whether `text` has the form of an ISO 4217 code.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Returns a symbol in lower case, without a final point.
pub(super) fn normalized(symbol: &str) -> Cow<'_, str> {
    let symbol = symbol.strip_suffix('.').unwrap_or(symbol);
    if symbol.chars().any(char::is_uppercase) {
        Cow::Owned(symbol.to_lowercase())
    } else {
        Cow::Borrowed(symbol)
    }
}

/// Returns whether `text` can be the currency symbol of a charge.
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
    fn symbols_have_the_configured_currency() {
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
    fn invalid_symbols_and_codes_are_refused() {
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
