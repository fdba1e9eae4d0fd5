//! Error responses of the API.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error response: status, body and headers.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Value,
    /// Boxed, because most refusals have none and the size of a `Result` includes its error.
    headers: Box<HeaderMap>,
}

impl Refusal {
    fn with_code(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self { status, body: json!({ "code": code, "message": message.into() }), headers: Box::default() }
    }

    /// Refuses a parameter that is malformed or not allowed.
    pub(crate) fn invalid_field(name: &str, why: &str) -> Self {
        Self::bad_request(format!("Invalid field. {name}: {why}"))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::with_code(StatusCode::BAD_REQUEST, 300, message)
    }

    pub(crate) fn window_too_long() -> Self {
        Self::bad_request("The requested report exceeds the 1-month limit.")
    }

    pub(crate) fn invalid_access_token() -> Self {
        Self::with_code(StatusCode::UNAUTHORIZED, 124, "Invalid access token.")
    }

    pub(crate) fn missing_scope(scope: &str) -> Self {
        let message = format!("Invalid access token, does not contain scopes:[{scope}].");
        Self::with_code(StatusCode::FORBIDDEN, 4711, message)
    }

    pub(crate) fn unknown_user(id: &str) -> Self {
        let message = format!("User does not exist: {id}.");
        Self::with_code(StatusCode::NOT_FOUND, 1001, message)
    }

    pub(crate) fn unknown_queue(id: &str) -> Self {
        let message = format!("Queue does not exist: {id}.");
        Self::with_code(StatusCode::NOT_FOUND, 1201, message)
    }

    pub(crate) fn unknown_account(id: &str) -> Self {
        let message = format!("Account does not exist: {id}.");
        Self::with_code(StatusCode::NOT_FOUND, 2001, message)
    }

    pub(crate) fn unknown_path() -> Self {
        Self::with_code(StatusCode::NOT_FOUND, 2300, "No such endpoint.")
    }

    pub(crate) fn unsupported_method() -> Self {
        Self::with_code(StatusCode::METHOD_NOT_ALLOWED, 405, "The endpoint has no such method.")
    }

    pub(crate) fn too_many_requests(message: &str, headers: HeaderMap) -> Self {
        Self::with_headers(StatusCode::TOO_MANY_REQUESTS, 429, message, headers)
    }

    pub(crate) fn with_headers(status: StatusCode, code: u32, message: &str, headers: HeaderMap) -> Self {
        Self { headers: Box::new(headers), ..Self::with_code(status, code, message) }
    }

    /// Reports an internal failure, which no request should cause.
    pub(crate) fn internal() -> Self {
        Self::with_code(StatusCode::INTERNAL_SERVER_ERROR, 500, "Internal error.")
    }

    /// Creates a refusal in the format of the token endpoint.
    pub(crate) fn oauth(status: StatusCode, error: &str, reason: &str) -> Self {
        Self { status, body: json!({ "reason": reason, "error": error }), headers: Box::default() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, *self.headers, Json(self.body)).into_response()
    }
}

/// Sets a header, unless the text is not allowed in one.
pub(crate) fn set_header(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}
