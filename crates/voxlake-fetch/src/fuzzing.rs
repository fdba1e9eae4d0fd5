//! Entry points for the fuzz targets in `fuzz/`.

use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::answer::{page_error, token_error};

/// Reads an answer of the token endpoint. Returns whether it is a token.
#[must_use]
pub fn token(body: &[u8]) -> bool {
    crate::token::is_token(body)
}

/// Texts of the errors that an answer with this status stands for, of the page and of the token
/// endpoint.
#[must_use]
pub fn errors(status: u16, body: &[u8]) -> Vec<String> {
    let Ok(status) = StatusCode::from_u16(status) else { return Vec::new() };
    let (headers, now) = (HeaderMap::new(), DateTime::UNIX_EPOCH);
    let errors = [
        page_error(status, &headers, body, now, str::to_owned),
        token_error(status, &headers, body, now, str::to_owned),
    ];
    errors.iter().map(ToString::to_string).collect()
}
