//! A request as it arrives: what it asks, its number, and the fault that waits for it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::Query;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use chrono::{DateTime, Utc};

use super::seeded::History;
use super::{Choice, Fault, Faults};
use crate::server::config::ServerConfig;
use crate::server::moment::Window;
use crate::server::page_token::PageToken;
use crate::server::state::Endpoint;

/// A request: what faults are chosen by, and what the log keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Asked {
    /// Where it went.
    pub endpoint: Endpoint,
    /// The how-manieth it is at its endpoint, from 1, since the faults were last set. Both forms of the path to calls
    /// count as one endpoint. Refused requests count too.
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
    pub(crate) fn read(uri: &Uri, config: &ServerConfig, at: DateTime<Utc>) -> Self {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let pairs = query.map(|Query(pairs)| pairs).unwrap_or_default();
        let one = |name: &str| {
            let given = pairs.iter().rfind(|(given, value)| given == name && !value.is_empty());
            given.map(|(_, value)| value.as_str())
        };
        let window = match (one("from"), one("to")) {
            (Some(from), Some(to)) => Window::parse(from, to, config).ok(),
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

/// What a handler is told of its request.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) asked: Asked,
    pub(crate) fault: Option<Fault>,
}

/// Put into an answer by the handler that let a fault happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met(pub(crate) &'static str);

/// The faults in force and what happened since they were set.
#[derive(Debug, Default)]
pub(crate) struct Active {
    pub(crate) faults: Faults,
    counts: BTreeMap<Endpoint, u64>,
    history: History,
}

impl Active {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Numbers the request. Gives the fault that script and seed have for it, and the choice, which goes between the
    /// two: it is a stranger's function, so the caller makes it when it holds no lock any more.
    pub(crate) fn arrive(&mut self, asked: &mut Asked) -> (Option<Fault>, Option<Choice>, Option<Fault>) {
        let endpoint = asked.endpoint.counted_as();
        let count = self.counts.entry(endpoint).or_default();
        *count += 1;
        asked.number = *count;
        let scripted = self.faults.script.get(&(endpoint, asked.number)).cloned();
        let drawn = self.faults.seeded.and_then(|seeded| seeded.draw(asked, &mut self.history));
        (scripted, self.faults.choice.clone(), drawn)
    }
}
