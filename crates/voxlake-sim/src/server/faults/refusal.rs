//! Faults that refuse a valid request.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::fault::Fault;
use super::state::{AppliedFault, RequestContext};
use crate::server::error::Refusal;
use crate::server::limits::Limit;
use crate::server::retry_after::set_retry_after;
use crate::server::tokens::Tokens;

impl RequestContext {
    /// Returns the refusal of a request for calls, if its fault is one. `token` is its access
    /// token.
    pub(crate) fn refusal(&self, tokens: &Tokens, token: &str) -> Option<Response> {
        let fault = self.fault.as_ref()?;
        let refusal = match fault {
            Fault::TokenDies => {
                tokens.revoke(token);
                Refusal::invalid_access_token()
            }
            Fault::PageTokenDies if self.info.page != 1 => {
                Refusal::invalid_field("next_page_token", "expired.")
            }
            _ => self.common_refusal()?,
        };
        Some(tag_fault(fault, refusal.into_response()))
    }

    /// Returns the refusal, if it is one that any endpoint may return.
    pub(crate) fn refusal_of_any_endpoint(&self) -> Option<Response> {
        let fault = self.fault.as_ref()?;
        Some(tag_fault(fault, self.common_refusal()?.into_response()))
    }

    fn common_refusal(&self) -> Option<Refusal> {
        let now = self.info.received_at;
        Some(match self.fault.as_ref()? {
            Fault::Status { status, code, message, retry_after, wait } => {
                let status = StatusCode::from_u16(*status).ok().filter(|status| status.as_u16() >= 200);
                let mut headers = HeaderMap::new();
                set_retry_after(&mut headers, *retry_after, now, after(now, *wait));
                Refusal::with_headers(
                    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                    *code,
                    message,
                    headers,
                )
            }
            Fault::PerSecond { disclosure, retry_after } => {
                Limit::Second.refusal(10, *disclosure, *retry_after, now)
            }
            Fault::DailyLimit { disclosure, retry_after } => {
                Limit::Day.refusal(30_000, *disclosure, *retry_after, now)
            }
            _ => return None,
        })
    }
}

/// Tags a response with the fault that was applied to it.
pub(crate) fn tag_fault(fault: &Fault, mut response: Response) -> Response {
    response.extensions_mut().insert(AppliedFault(fault.name()));
    response
}

fn after(now: DateTime<Utc>, wait: std::time::Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait)).unwrap_or(now)
}
