//! Parses the parameters of a request for calls.
//!
//! Lists may be comma-separated, repeated, or both. Of repeated single values the last counts.
//! Empty values count as absent. Unknown names are ignored.

use axum::extract::Query;
use axum::http::Uri;
use sha2::{Digest, Sha256};

use super::config::ServerConfig;
use super::error::Refusal;
use super::filter::{Filter, NO_QUEUE};
use super::time_param::Window;
use crate::call::Queue;
use crate::centre::Directory;
use crate::vocabulary::{CallType, Direction, Distribution, NumberType, SubType};
use crate::wire::View;

/// Maximum entries of a list.
const MAX_LIST_ENTRIES: usize = 20;

/// A request for a page of calls.
#[derive(Debug)]
pub(crate) struct Params {
    /// `None` means the past 24 hours.
    pub(crate) window: Option<Window>,
    pub(crate) filter: Filter,
    pub(crate) view: View,
    pub(crate) page_size: usize,
    pub(crate) next_page_token: Option<String>,
    /// Hash of all parameters except the page token.
    pub(crate) digest: [u8; 32],
}

impl Params {
    pub(crate) fn parse(uri: &Uri, config: &ServerConfig) -> Result<Self, Refusal> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| Refusal::bad_request("The query cannot be read."))?;
        let mut pairs = query.0;
        pairs.retain(|(name, _)| !config.ignored_parameters.contains(&name.as_str()));
        let pairs = Pairs(pairs);
        let window = match (pairs.last("from"), pairs.last("to")) {
            (None, None) => None,
            (Some(from), Some(to)) => Some(Window::parse(from, to, config.window_rules())?),
            (Some(_), None) => return Err(Refusal::invalid_field("to", "required with from.")),
            (None, Some(_)) => return Err(Refusal::invalid_field("from", "required with to.")),
        };
        let view = match pairs.last("view_type") {
            None | Some("summary") => View::Summary,
            Some("detail") => View::Detail,
            Some(_) => return Err(Refusal::invalid_field("view_type", "no such view.")),
        };
        Ok(Self {
            window,
            filter: filter(&pairs, config.centre.directory())?,
            view,
            page_size: page_size(&pairs, config)?,
            next_page_token: pairs.last("next_page_token").map(str::to_owned),
            digest: pairs.digest(),
        })
    }
}

fn page_size(pairs: &Pairs, config: &ServerConfig) -> Result<usize, Refusal> {
    let size = match pairs.last("page_size") {
        None => Some(config.default_page_size),
        Some(text) => text.parse().ok(),
    };
    size.filter(|size| (1..=config.max_page_size).contains(size))
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| {
            let why = format!("not a number from 1 to {}.", config.max_page_size);
            Refusal::invalid_field("page_size", &why)
        })
}

fn filter(pairs: &Pairs, directory: &Directory) -> Result<Filter, Refusal> {
    let user_ids = pairs.list("user_ids")?;
    let known = |id: &String| directory.agents.iter().any(|agent| agent.user_id == *id);
    if let Some(id) = user_ids.iter().find(|id| !known(id)) {
        return Err(Refusal::unknown_user(id));
    }
    let country_iso_codes = pairs.list("country_iso_codes")?;
    let two_letters = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
    if !country_iso_codes.iter().all(two_letters) {
        let why = "country codes have two letters.";
        return Err(Refusal::invalid_field("country_iso_codes", why));
    }
    Ok(Filter {
        types: pairs.enum_list("types", CallType::parse)?,
        sub_types: pairs.enum_list("sub_types", SubType::parse)?,
        distribution: pairs.enum_value("distribution", Distribution::parse)?,
        direction: pairs.enum_value("direction", Direction::parse)?,
        consumer_number: pairs.last("consumer_number").map(str::to_owned),
        engagement_id: pairs.last("engagement_id").map(str::to_owned),
        user_ids,
        queue_ids: queues(pairs, "queue_ids", directory, |queue| &queue.queue_id)?,
        cc_queue_ids: queues(pairs, "cc_queue_ids", directory, |queue| &queue.cc_queue_id)?,
        country_iso_codes: country_iso_codes.iter().map(|code| code.to_ascii_uppercase()).collect(),
        number_types: pairs.enum_list("number_types", NumberType::parse)?,
        region_ids: pairs.list("region_ids")?,
        region_names: pairs.list("region_names")?,
        team_ids: pairs.list("team_ids")?,
        team_names: pairs.list("team_names")?,
    })
}

fn queues(
    pairs: &Pairs,
    name: &str,
    directory: &Directory,
    id_of: fn(&Queue) -> &str,
) -> Result<Vec<String>, Refusal> {
    let ids = pairs.list(name)?;
    let known = |id: &str| id == NO_QUEUE || directory.queues.iter().any(|q| id_of(q) == id);
    match ids.iter().find(|id| !known(id)) {
        Some(id) => Err(Refusal::unknown_queue(id)),
        None => Ok(ids),
    }
}

/// Decoded names and values of the query string.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, value)| given == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    fn last<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next_back()
    }

    fn list(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let entries: Vec<_> = self
            .values(name)
            .flat_map(|value| value.split(','))
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect();
        if entries.len() > MAX_LIST_ENTRIES {
            let why = format!("more than {MAX_LIST_ENTRIES} entries.");
            return Err(Refusal::invalid_field(name, &why));
        }
        Ok(entries)
    }

    fn enum_list<T>(&self, name: &str, parse: fn(&str) -> Option<T>) -> Result<Vec<T>, Refusal> {
        let read = |word: String| parse(&word).ok_or_else(|| Refusal::invalid_field(name, "no such value."));
        self.list(name)?.into_iter().map(read).collect()
    }

    fn enum_value<T>(&self, name: &str, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
        let read = |word| parse(word).ok_or_else(|| Refusal::invalid_field(name, "no such value."));
        self.last(name).map(read).transpose()
    }

    fn digest(&self) -> [u8; 32] {
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| name != "next_page_token").collect();
        pairs.sort();
        let mut hash = Sha256::new();
        for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
            // The length prefix separates the texts.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}
