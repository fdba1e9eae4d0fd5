//! Faults that refuse a valid request.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::arrival::{Arrival, Met};
use super::fault::Fault;
use crate::server::error::Refusal;
use crate::server::limits::Limit;
use crate::server::retry_after::set_retry_after;
use crate::server::tokens::Tokens;

impl Arrival {
    /// Returns the refusal of a request for calls, if its fault is one. `token` is its access
    /// token.
    pub(crate) fn refusal(&self, tokens: &Tokens, token: &str) -> Option<Response> {
        let fault = self.fault.as_ref()?;
        let refusal = match fault {
            Fault::TokenDies => {
                tokens.revoke(token);
                Refusal::access_token()
            }
            Fault::PageTokenDies if self.asked.page != 1 => {
                Refusal::invalid_field("next_page_token", "expired.")
            }
            _ => self.refusal_of_any()?,
        };
        Some(met(fault, refusal.into_response()))
    }

    /// Returns the refusal, if it is one that any endpoint may return.
    pub(crate) fn refusal_of_any_endpoint(&self) -> Option<Response> {
        let fault = self.fault.as_ref()?;
        Some(met(fault, self.refusal_of_any()?.into_response()))
    }

    fn refusal_of_any(&self) -> Option<Refusal> {
        let now = self.asked.at;
        Some(match self.fault.as_ref()? {
            Fault::Status { status, code, message, retry_after: form, wait } => {
                let status = StatusCode::from_u16(*status).ok().filter(|status| status.as_u16() >= 200);
                let mut headers = HeaderMap::new();
                set_retry_after(&mut headers, *form, now, after(now, *wait));
                Refusal::any(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), *code, message, headers)
            }
            Fault::PerSecond { told, retry_after } => Limit::Second.refusal(10, *told, *retry_after, now),
            Fault::DailyLimit { told, retry_after } => Limit::Day.refusal(30_000, *told, *retry_after, now),
            _ => return None,
        })
    }
}

/// Tags a response with the fault that was applied to it.
pub(crate) fn met(fault: &Fault, mut response: Response) -> Response {
    response.extensions_mut().insert(Met(fault.name()));
    response
}

fn after(now: DateTime<Utc>, wait: std::time::Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait)).unwrap_or(now)
}
