//! Intervals of local time, counted from local midnight, with exact rules for clock changes.
//!
//! The UTC offset of an instant is found by a search in the table of its zone's clock changes.
//! Calls are sorted by start, and the offset is constant within most hours and days, so
//! [`OffsetCache`] searches once per hour or day.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_err};
use voxlake_model::time::{DAY_MS, HOUR_MS};

pub(super) const MINUTE_MS: i64 = 60_000;

/// Part of a range that lies in one interval and has one offset. Times are in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IntervalPiece {
    /// Start of the interval, in UTC. May be before the start of the range.
    pub(super) begins: i64,
    /// Local time at the start of the interval.
    pub(super) local: i64,
    /// Length of the piece.
    pub(super) milliseconds: i64,
}

/// Intervals of one length in one time zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZonedIntervals {
    zone: Tz,
    /// Length of an interval, in ms.
    step_ms: i64,
}

impl ZonedIntervals {
    /// Creates intervals of `minutes`.
    ///
    /// # Errors
    /// If `minutes` does not divide a day.
    pub(super) fn try_new(zone: Tz, minutes: i64) -> Result<Self> {
        if minutes < 1 || 1440 % minutes != 0 {
            return exec_err!("local_intervals takes minutes that divide a day, not {minutes}");
        }
        Ok(Self { zone, step_ms: minutes * MINUTE_MS })
    }

    /// Creates intervals of an hour.
    pub(super) fn hours(zone: Tz) -> Self {
        Self { zone, step_ms: HOUR_MS }
    }

    /// Creates intervals of a day.
    pub(super) fn days(zone: Tz) -> Self {
        Self { zone, step_ms: DAY_MS }
    }

    /// Returns the length of an interval, in ms.
    pub(super) fn step_ms(self) -> i64 {
        self.step_ms
    }

    pub(super) fn has_minutes(self, minutes: i64) -> bool {
        self.step_ms == minutes * MINUTE_MS
    }

    /// Splits `[from, to)` at interval bounds and clock changes. Appends the parts to `pieces`.
    pub(super) fn split(self, from: i64, to: i64, pieces: &mut Vec<IntervalPiece>) {
        let mut at = from;
        while at < to {
            let offset = self.offset(at);
            let local = (at + offset).div_euclid(self.step_ms) * self.step_ms;
            let next = self.next_offset_change(at, local + self.step_ms - offset, offset).min(to);
            let begins = if self.step_ms == DAY_MS {
                self.first_midnight(local)
            } else {
                self.interval_start(local - offset, at, offset)
            };
            pieces.push(IntervalPiece { begins, local, milliseconds: next - at });
            at = next;
        }
    }

    /// Returns the longest span around `at` that lies in one interval and has one offset.
    pub(super) fn span_at(self, at: i64) -> OffsetSpan {
        let offset = self.offset(at);
        let local = (at + offset).div_euclid(self.step_ms) * self.step_ms;
        let from = self.interval_start(local - offset, at, offset);
        let to = self.next_offset_change(at, local + self.step_ms - offset, offset);
        OffsetSpan { from, to, offset, local }
    }

    /// Returns the UTC offset in ms; 0 for years that `chrono` does not support.
    fn offset(self, at: i64) -> i64 {
        DateTime::from_timestamp_millis(at).map_or(0, |at| {
            i64::from(self.zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()) * 1000
        })
    }

    /// Returns the first instant of `[from, to)` whose offset differs from `offset`, the offset at
    /// `from`. Returns `to` if no offset differs.
    fn next_offset_change(self, from: i64, to: i64, offset: i64) -> i64 {
        let (mut same, mut other) = (from, to);
        if self.offset(to - 1) == offset {
            return to;
        }
        while other - same > 1 {
            let between = same + (other - same) / 2;
            if self.offset(between) == offset { same = between } else { other = between }
        }
        other
    }

    /// Returns the start of the interval that contains `at`. `nominal` is its start computed with
    /// `offset`, the offset at `at`. An interval does not start before its offset takes effect.
    fn interval_start(self, nominal: i64, at: i64, offset: i64) -> i64 {
        let before = self.offset(nominal);
        if before == offset { nominal } else { self.next_offset_change(nominal, at + 1, before) }
    }

    /// Returns the first instant whose local time is the midnight `local`, or the first instant
    /// after it if a clock change skips that midnight.
    fn first_midnight(self, local: i64) -> i64 {
        // UTC offsets are less than a day.
        let before = local - DAY_MS;
        let offset = self.offset(before);
        let nominal = local - offset;
        let change = self.next_offset_change(before, local + DAY_MS, offset);
        if change > nominal { nominal } else { change.max(local - self.offset(change)) }
    }
}

/// Time span within one interval and with one UTC offset. Times are in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetSpan {
    /// First instant, UTC.
    from: i64,
    /// First instant after the span, UTC.
    to: i64,
    /// UTC offset.
    pub(super) offset: i64,
    /// Local time at the start of the interval.
    local: i64,
}

impl OffsetSpan {
    /// Returns the first instant after the span.
    pub(super) fn to(&self) -> i64 {
        self.to
    }

    /// Returns the number of leading `instants` that lie in the span.
    pub(super) fn leading_count(&self, instants: &[i64]) -> usize {
        instants.iter().position(|at| !(self.from..self.to).contains(at)).unwrap_or(instants.len())
    }

    /// Returns the local time at the start of the interval, or `None` for years that `chrono` does
    /// not support.
    pub(super) fn local_start(&self) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_millis(self.local)?.naive_utc())
    }
}

/// Cache of spans, each with a value derived from it.
#[derive(Debug)]
pub(super) struct OffsetCache<T> {
    intervals: ZonedIntervals,
    /// Indices into `spans` by first instant.
    by_start: BTreeMap<i64, usize>,
    spans: Vec<(OffsetSpan, T)>,
    /// Index of the last span returned.
    last: usize,
}

impl<T> OffsetCache<T> {
    pub(super) fn new(intervals: ZonedIntervals) -> Self {
        Self { intervals, by_start: BTreeMap::new(), spans: Vec::new(), last: 0 }
    }

    /// Returns the value of the span that contains `at` (ms since 1970, UTC). Calls `derive` for a
    /// span that is not in the cache.
    pub(super) fn get_or_derive(&mut self, at: i64, derive: impl FnOnce(&OffsetSpan) -> T) -> &T {
        let contains_at =
            |index: usize| self.spans.get(index).is_some_and(|(span, _)| span.from <= at && at < span.to);
        if !contains_at(self.last) {
            let before = self.by_start.range(..=at).next_back().map(|(_, index)| *index);
            self.last = before.filter(|index| contains_at(*index)).unwrap_or(self.spans.len());
        }
        if self.last == self.spans.len() {
            let span = self.intervals.span_at(at);
            self.by_start.insert(span.from, self.last);
            self.spans.push((span, derive(&span)));
        }
        &self.spans[self.last].1
    }
}

#[cfg(test)]
mod tests;
