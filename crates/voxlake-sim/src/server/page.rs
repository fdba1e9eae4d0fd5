//! Builds a page: its records, its page token and the count of all records.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::config::ServerConfig;
use super::error::Refusal;
use super::faults::{Anomalies, Fault};
use super::page_token::PageToken;
use super::params::Params;
use super::state::ServerState;
use super::time_param::Window;
use crate::call::{Call, EngagementId};
use crate::centre::{Entry, MAX_CALL_SECONDS};
use crate::wire::{View, WireCall, format_time};

/// The body of a page.
pub(crate) struct RenderedPage {
    pub(crate) body: Vec<u8>,
    /// True if the fault was applied.
    pub(crate) fault_applied: bool,
}

#[derive(Serialize)]
struct Page<'a> {
    next_page_token: String,
    page_size: usize,
    total_records: usize,
    from: String,
    to: String,
    voice_calls: Vec<Record<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Record<'a> {
    Call(Box<WireCall<'a>>),
    Anomalous(Value),
}

/// Builds the page of a request as of `now`.
pub(crate) fn render_page(
    shared: &ServerState,
    params: &Params,
    now: DateTime<Utc>,
    fault: Option<&Fault>,
) -> Result<RenderedPage, Refusal> {
    let config = &shared.config;
    let seed = config.centre.config().seed;
    let token = match &params.next_page_token {
        Some(text) => Some(PageToken::read(text, &params.digest, seed, now)?),
        None => None,
    };
    let window = params.window.unwrap_or_else(|| {
        let from = token.map_or(now.timestamp() - 86_400, |token| token.from);
        Window::day_from(from, config.to_bound)
    });
    let first = first_second(config, window.from);
    let index = shared.indexes.get(&config.centre, first.min(window.end), window.end, &params.filter);
    let calls_of_window = WindowCalls {
        entries: index.between(first, window.end),
        latest_end: now.timestamp() - config.appears_after.num_seconds().max(0),
        anomalies: shared.anomalies(),
        page_size: params.page_size,
    };
    let after = token.map_or((i64::MIN, EngagementId::new(0)), |token| token.after);
    let slice = calls_of_window.page_after(after, fault);
    let next_page_token = slice.next.map_or_else(String::new, |after| {
        PageToken {
            from: window.from,
            after,
            expires: now.timestamp() + config.page_token_lifetime.num_seconds(),
            page: token.map_or(1, |token| token.page).saturating_add(1),
        }
        .write(&params.digest, seed)
    });
    let (total_records, moved) = match (calls_of_window.total_records(), fault) {
        (total, Some(Fault::TotalMoves(by))) => {
            let moved = total.saturating_add_signed(isize::try_from(*by).unwrap_or(0));
            (moved, moved != total)
        }
        (total, _) => (total, false),
    };
    let calls: Vec<Call> = slice.entries.iter().filter_map(|entry| config.centre.call(entry)).collect();
    let moment = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(now);
    let page = Page {
        next_page_token,
        page_size: params.page_size,
        total_records,
        from: format_time(moment(window.from), window.offset),
        to: format_time(moment(window.to), window.offset),
        voice_calls: records(&calls, calls_of_window.anomalies, params.view, &window),
    };
    let body = serde_json::to_vec(&page).map_err(|_| Refusal::internal())?;
    Ok(RenderedPage { body, fault_applied: slice.fault_applied || moved })
}

fn records<'a>(calls: &'a [Call], anomalies: Anomalies, view: View, window: &Window) -> Vec<Record<'a>> {
    let offset = window.offset;
    if anomalies.is_none() {
        return calls.iter().map(|call| Record::Call(Box::new(WireCall::new(call, view, offset)))).collect();
    }
    let anomalous = |call| {
        [Some(anomalies.record(call, view, offset)), anomalies.junk(call, view, offset)].into_iter().flatten()
    };
    calls.iter().flat_map(anomalous).map(Record::Anomalous).collect()
}

fn first_second(config: &ServerConfig, from: i64) -> i64 {
    config.history_start.map_or(from, |start| from.max(start.timestamp()))
}

/// All calls of a window, including those that are not visible yet.
struct WindowCalls<'a> {
    entries: &'a [Entry],
    /// Latest end of visible calls, in seconds since 1970.
    latest_end: i64,
    anomalies: Anomalies,
    /// Maximum records on a page.
    page_size: usize,
}

/// The part of a list that goes on a page.
struct PageSlice<'a> {
    entries: Vec<&'a Entry>,
    /// The position after which the next page starts, if there is one.
    next: Option<(i64, EngagementId)>,
    fault_applied: bool,
}

impl<'a> WindowCalls<'a> {
    /// Returns the page that starts after a position.
    fn page_after(&self, after: (i64, EngagementId), fault: Option<&Fault>) -> PageSlice<'a> {
        let entries = self.entries;
        let (before, rest) = entries.split_at(entries.partition_point(|entry| entry.position() <= after));
        let mut visible = rest.iter().filter(|entry| entry.end() <= self.latest_end);
        let taken = self.fill_page(visible.clone());
        let more = visible.nth(taken.len()).is_some();
        let next = taken.last().filter(|_| more).map(|last| last.position());
        let usual = PageSlice { next, entries: taken, fault_applied: false };
        match (fault, usual.entries.as_slice()) {
            (Some(Fault::PageTwice), [_, ..]) => {
                let visible = before.iter().rev().filter(|entry| entry.end() <= self.latest_end);
                let mut taken = self.fill_page(visible);
                taken.reverse();
                if taken.is_empty() {
                    usual
                } else {
                    PageSlice { entries: taken, fault_applied: true, ..usual }
                }
            }
            (Some(Fault::PageAgain), [_, ..]) => {
                PageSlice { next: Some(after), fault_applied: true, ..usual }
            }
            (Some(Fault::RecordTwice), [.., second_last, _]) if more => {
                PageSlice { next: Some(second_last.position()), fault_applied: true, ..usual }
            }
            _ => usual,
        }
    }

    /// Returns the entries that fit on a page, at least one: a call and its junk record stay
    /// together.
    fn fill_page(&self, visible: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
        let mut free = self.page_size;
        visible
            .enumerate()
            .take_while(|(place, entry)| {
                let left = free.checked_sub(self.record_count(entry));
                free = left.unwrap_or(0);
                left.is_some() || *place == 0
            })
            .map(|(_, entry)| entry)
            .collect()
    }

    /// Returns the number of records of an entry.
    fn record_count(&self, entry: &Entry) -> usize {
        1 + usize::from(self.anomalies.has_junk(entry.id))
    }

    /// Returns the number of records of all pages.
    fn total_records(&self) -> usize {
        // Calls that started longer ago than the maximum duration have ended.
        let long_ago = self.latest_end - i64::from(MAX_CALL_SECONDS);
        let (ended, late) =
            self.entries.split_at(self.entries.partition_point(|entry| entry.start <= long_ago));
        let late = late.iter().filter(|entry| entry.end() <= self.latest_end);
        if self.anomalies.junk_share > 0.0 {
            ended.iter().chain(late).map(|entry| self.record_count(entry)).sum()
        } else {
            ended.len() + late.count()
        }
    }
}
