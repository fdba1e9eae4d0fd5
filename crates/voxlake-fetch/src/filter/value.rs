//! Validation of filter values.

use super::error::FilterError;
use super::parameter::FilterParameter;

/// Maximum bytes of a value. Ids have 22 characters; names may have a few hundred.
const MAX_VALUE_BYTES: usize = 512;

impl FilterParameter {
    /// Validates a value and returns the form in which it is sent.
    pub(super) fn validate(self, value: &str) -> Result<String, FilterError> {
        let value = value.trim().to_owned();
        if let Some(known) = self.known_values() {
            return if known.contains(&value.as_str()) {
                Ok(value)
            } else {
                Err(FilterError::UnknownValue { parameter: self, value, known })
            };
        }
        let malformed = |value: String, form| Err(FilterError::Malformed { parameter: self, value, form });
        if value.is_empty() {
            return malformed(value, "the value is empty");
        }
        if value.len() > MAX_VALUE_BYTES || value.chars().any(char::is_control) {
            let shown = value.chars().take(40).collect();
            return malformed(shown, "it is too long, or has control characters");
        }
        if self == Self::CountryIsoCodes {
            let is_code = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic());
            return if is_code {
                Ok(value.to_ascii_uppercase())
            } else {
                malformed(value, "country codes have two letters, such as DE")
            };
        }
        Ok(value)
    }
}
