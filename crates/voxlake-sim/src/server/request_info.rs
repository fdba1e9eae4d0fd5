//! A request as faults are chosen by it and as the log keeps it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::Query;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::moment::{Window, WindowRules};
use super::page_token::PageToken;

/// A request: what faults are chosen by, and what the log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Where it went.
    pub endpoint: Endpoint,
    /// The how-manieth it is at its endpoint, from 1, since the faults were last set. Both forms of
    /// the path to calls count as one endpoint. Refused requests count too.
    pub number: u64,
    /// When it came, by the server's clock. All of its answer is as of this moment.
    pub at: DateTime<Utc>,
    /// The beginning of the window; `None` where the request names none, or none that makes sense.
    pub from: Option<DateTime<Utc>>,
    /// The window's last second, as the request names it.
    pub to: Option<DateTime<Utc>>,
    /// The page of the window, from 1; 0 where its page token is none of this server's.
    pub page: u32,
    /// Stands for the path and query: the same request made again has the same one.
    pub(crate) question: u64,
}

impl Asked {
    pub(crate) fn read(uri: &Uri, rules: WindowRules, at: DateTime<Utc>) -> Self {
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
        let mut question = DefaultHasher::new();
        uri.path_and_query().map(PathAndQuery::as_str).hash(&mut question);
        Self {
            endpoint: Endpoint::of(uri.path()),
            number: 0,
            at,
            from: window.and_then(|window| moment(window.from)),
            to: window.and_then(|window| moment(window.to)),
            page: one("next_page_token").map_or(1, |token| PageToken::page_of(token).unwrap_or(0)),
            question: question.finish(),
        }
    }
}
