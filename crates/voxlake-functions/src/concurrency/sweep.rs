//! Sweep over all events, which computes the concurrency of each local interval.

use super::super::zoned_intervals::ZonedIntervals;
use super::events::{BLOCK_MS, CountedTimes, SpanEvents};

/// Concurrency of one interval. Times are in ms since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConcurrencyBucket {
    /// Start of the interval.
    pub(super) begins: i64,
    /// Local time at the start.
    pub(super) local: i64,
    /// Number of spans that overlap the interval.
    pub(super) spans: i64,
    /// Total length of these overlaps.
    pub(super) milliseconds: i64,
    /// Maximum number of simultaneous spans.
    pub(super) peak: i64,
    /// First instant with that number.
    pub(super) peak_at: i64,
    /// Maximum number just after a span began; `None` if none began.
    pub(super) peak_as_begun: Option<i64>,
}

/// Returns the concurrency of each interval from the first event to the last. `events` must be
/// sorted.
pub(super) fn sweep(events: &SpanEvents, intervals: ZonedIntervals) -> Vec<ConcurrencyBucket> {
    let mut changes = merge_events(events).peekable();
    let Some(first) = changes.peek().map(|change| change.at) else { return Vec::new() };
    let last = events
        .sorted_blocks()
        .filter_map(|(block, _, ends)| Some(block * BLOCK_MS + i64::from(ends.last()?.0)))
        .max()
        .unwrap_or(first);
    let mut pieces = Vec::new();
    intervals.split(first, last, &mut pieces);
    let mut buckets: Vec<ConcurrencyBucket> = Vec::new();
    let (mut at, mut now) = (first, 0);
    for piece in pieces {
        let to = at + piece.milliseconds;
        if buckets.last().is_none_or(|bucket| bucket.begins != piece.begins) {
            buckets.push(ConcurrencyBucket {
                begins: piece.begins,
                local: piece.local,
                spans: now,
                milliseconds: 0,
                peak: i64::MIN,
                peak_at: at,
                peak_as_begun: None,
            });
        }
        let Some(bucket) = buckets.last_mut() else { continue };
        while at < to {
            if let Some(change) = changes.next_if(|change| change.at == at) {
                now += change.begin - change.end;
                bucket.spans += change.begin;
                // A span that ends at the start of the interval does not overlap it.
                if bucket.peak == i64::MIN {
                    bucket.spans -= change.end;
                }
                if change.begin > 0 {
                    bucket.peak_as_begun = bucket.peak_as_begun.max(Some(now));
                }
            }
            if now > bucket.peak {
                (bucket.peak, bucket.peak_at) = (now, at);
            }
            let next = changes.peek().map_or(to, |change| change.at.min(to));
            bucket.milliseconds += now * (next - at);
            at = next;
        }
    }
    buckets
}

/// Numbers of spans that begin and end at one instant.
#[derive(Clone, Copy, Debug)]
struct Change {
    at: i64,
    begin: i64,
    end: i64,
}

/// Merged starts and ends, in chronological order without duplicates.
struct Changes<B: Iterator<Item = (i64, i64)>, E: Iterator<Item = (i64, i64)>> {
    begins: std::iter::Peekable<B>,
    ends: std::iter::Peekable<E>,
}

/// Returns the changes of sorted `events`.
fn merge_events(events: &SpanEvents) -> impl Iterator<Item = Change> {
    Changes {
        begins: events
            .sorted_blocks()
            .flat_map(|(block, begins, _)| block_instants(block, begins))
            .peekable(),
        ends: events.sorted_blocks().flat_map(|(block, _, ends)| block_instants(block, ends)).peekable(),
    }
}

/// Converts the times of a block to ms since 1970, with their counts.
fn block_instants(block: i64, times: &CountedTimes) -> impl Iterator<Item = (i64, i64)> {
    let from = block * BLOCK_MS;
    times.iter().map(move |(time, count)| (from + i64::from(*time), i64::from(*count)))
}

impl<B: Iterator<Item = (i64, i64)>, E: Iterator<Item = (i64, i64)>> Iterator for Changes<B, E> {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        let at = match (self.begins.peek(), self.ends.peek()) {
            (Some((begin, _)), Some((end, _))) => *begin.min(end),
            (Some((at, _)), None) | (None, Some((at, _))) => *at,
            (None, None) => return None,
        };
        let count = |pair: Option<(i64, i64)>| pair.map_or(0, |(_, count)| count);
        let begin = count(self.begins.next_if(|(begin, _)| *begin == at));
        let end = count(self.ends.next_if(|(end, _)| *end == at));
        Some(Change { at, begin, end })
    }
}
