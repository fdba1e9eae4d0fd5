//! Description of a request, for the log and for the selection of faults.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::Query;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::page_token::PageToken;
use super::time_param::{Window, WindowRules};

/// Description of a request, as the log and [`Faults::choose`](crate::Faults::choose) get it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestInfo {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Number of the request at its endpoint, from 1, since the faults were last set. Both paths to
    /// the calls count as one endpoint. Refused requests count too.
    pub number: u64,
    /// RequestContext time by the server's clock. The whole response is as of this time.
    pub received_at: DateTime<Utc>,
    /// Start of the window; `None` if the request has no valid window.
    pub from: Option<DateTime<Utc>>,
    /// Last second of the window, as in the request.
    pub to: Option<DateTime<Utc>>,
    /// Page number, from 1; 0 if the page token is not from this server.
    pub page: u32,
    /// Hash of the path and query, which a retry shares.
    pub(crate) fingerprint: u64,
}

impl RequestInfo {
    pub(crate) fn from_uri(uri: &Uri, rules: WindowRules, received_at: DateTime<Utc>) -> Self {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
        let one = |name: &str| {
            let given = pairs.iter().rfind(|(given, value)| given == name && !value.is_empty());
            given.map(|(_, value)| value.as_str())
        };
        let window = match (one("from"), one("to")) {
            (Some(from), Some(to)) => Window::parse(from, to, rules).ok(),
            _ => None,
        };
        let moment = |seconds| DateTime::from_timestamp(seconds, 0);
        let mut fingerprint = DefaultHasher::new();
        uri.path_and_query().map(PathAndQuery::as_str).hash(&mut fingerprint);
        Self {
            endpoint: Endpoint::from_path(uri.path()),
            number: 0,
            received_at,
            from: window.and_then(|window| moment(window.from)),
            to: window.and_then(|window| moment(window.to)),
            page: one("next_page_token").map_or(1, |token| PageToken::page_of(token).unwrap_or(0)),
            fingerprint: fingerprint.finish(),
        }
    }
}
