//! Entry points for the fuzz targets in `fuzz/`.

use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::response_error::{page_error, token_error};

/// Parses a response of the token endpoint. Returns whether it contains a token.
#[must_use]
pub fn is_token(body: &[u8]) -> bool {
    crate::token::is_token(body)
}

/// Returns the error texts for a response with this status, from the call log and from the token
/// endpoint.
#[must_use]
pub fn error_texts(status: u16, body: &[u8]) -> Vec<String> {
    let Ok(status) = StatusCode::from_u16(status) else { return Vec::new() };
    let (headers, now) = (HeaderMap::new(), DateTime::UNIX_EPOCH);
    let errors = [
        page_error(status, &headers, body, now, str::to_owned),
        token_error(status, &headers, body, now, str::to_owned),
    ];
    errors.iter().map(ToString::to_string).collect()
}
