//! What the clock of a time zone shows, in intervals from local midnight: by the zone's own rules, and
//! right where the clock changes.
//!
//! A zone's rules are a table to search for every instant. Calls come in the order of their starts, and
//! through an hour or a day the answer stays the same; [`Stretches`] works it out once for each.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_err};

pub(super) const MINUTE: i64 = 60_000;
pub(super) const DAY: i64 = 1440 * MINUTE;

/// A piece of a span; times in ms since 1970, UTC, or as the clock shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) begins: i64,
    pub(super) local: i64,
    pub(super) milliseconds: i64,
}

/// The intervals of one length in one zone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    zone: Tz,
    /// Length of an interval, in ms.
    step: i64,
}

impl Clock {
    pub(super) fn try_new(zone: Tz, minutes: i64) -> Result<Self> {
        if minutes < 1 || 1440 % minutes != 0 {
            return exec_err!("local_intervals takes minutes that divide a day, not {minutes}");
        }
        Ok(Self { zone, step: minutes * MINUTE })
    }

    /// Hours.
    pub(super) fn hours(zone: Tz) -> Self {
        Self { zone, step: 60 * MINUTE }
    }

    /// Days.
    pub(super) fn days(zone: Tz) -> Self {
        Self { zone, step: DAY }
    }

    /// Length of an interval, in ms.
    pub(super) fn step(self) -> i64 {
        self.step
    }

    pub(super) fn is_of(self, minutes: i64) -> bool {
        self.step == minutes * MINUTE
    }

    /// Cuts `[from, to)` where an interval ends or the clock changes.
    pub(super) fn cut(self, from: i64, to: i64, pieces: &mut Vec<Piece>) {
        let mut at = from;
        while at < to {
            let offset = self.offset(at);
            let local = (at + offset).div_euclid(self.step) * self.step;
            let next = self.change(at, local + self.step - offset, offset).min(to);
            let begins =
                if self.step == DAY { self.midnight(local) } else { self.begin(local - offset, at, offset) };
            pieces.push(Piece { begins, local, milliseconds: next - at });
            at = next;
        }
    }

    /// The stretch around `at`.
    pub(super) fn stretch(self, at: i64) -> Stretch {
        let offset = self.offset(at);
        let local = (at + offset).div_euclid(self.step) * self.step;
        let from = self.begin(local - offset, at, offset);
        let to = self.change(at, local + self.step - offset, offset);
        Stretch { from, to, offset, local }
    }

    /// What the clock shows less UTC, in ms; 0 beyond the years that calls can be of.
    fn offset(self, at: i64) -> i64 {
        DateTime::from_timestamp_millis(at).map_or(0, |at| {
            i64::from(self.zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()) * 1000
        })
    }

    /// When the offset is first another than at `from`, if before `to`; else `to`.
    fn change(self, from: i64, to: i64, offset: i64) -> i64 {
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

    /// When an interval begins that by the offset at `at` would begin at `plain`: no sooner than that
    /// offset itself.
    fn begin(self, plain: i64, at: i64, offset: i64) -> i64 {
        let before = self.offset(plain);
        if before == offset { plain } else { self.change(plain, at + 1, before) }
    }

    /// When the clock first shows `local`, a midnight, or the first moment after it where it skips that.
    fn midnight(self, local: i64) -> i64 {
        // No zone is further from UTC than a day.
        let before = local - DAY;
        let offset = self.offset(before);
        let plain = local - offset;
        let change = self.change(before, local + DAY, offset);
        if change > plain { plain } else { change.max(local - self.offset(change)) }
    }
}

/// A stretch of time within one interval of a clock and with one offset; times in ms since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// Its first moment, UTC.
    from: i64,
    /// The first moment after it, UTC.
    to: i64,
    /// What the clock shows less UTC.
    pub(super) offset: i64,
    /// What the clock shows as the interval begins.
    local: i64,
}

impl Stretch {
    /// The first moment after it.
    pub(super) fn to(&self) -> i64 {
        self.to
    }

    /// How many of the first of `instants` are in it.
    pub(super) fn holds_first(&self, instants: &[i64]) -> usize {
        instants.iter().position(|at| !(self.from..self.to).contains(at)).unwrap_or(instants.len())
    }

    /// What the clock shows as the interval begins; `None` beyond the years that chrono knows.
    pub(super) fn shows(&self) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_millis(self.local)?.naive_utc())
    }
}

/// The stretches of a clock that instants have asked for, with what the asker made of each.
#[derive(Debug)]
pub(super) struct Stretches<T> {
    clock: Clock,
    /// By their first moments.
    known: BTreeMap<i64, usize>,
    made: Vec<(Stretch, T)>,
    /// The place of the one asked for last.
    last: usize,
}

impl<T> Stretches<T> {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, known: BTreeMap::new(), made: Vec::new(), last: 0 }
    }

    /// What `make` makes of the stretch around `at` (ms since 1970, UTC).
    pub(super) fn around(&mut self, at: i64, make: impl FnOnce(&Stretch) -> T) -> &T {
        let holds = |place: usize| {
            self.made.get(place).is_some_and(|(stretch, _)| stretch.from <= at && at < stretch.to)
        };
        if !holds(self.last) {
            let before = self.known.range(..=at).next_back().map(|(_, place)| *place);
            self.last = before.filter(|place| holds(*place)).unwrap_or(self.made.len());
        }
        if self.last == self.made.len() {
            let stretch = self.clock.stretch(at);
            self.known.insert(stretch.from, self.last);
            self.made.push((stretch, make(&stretch)));
        }
        &self.made[self.last].1
    }
}

#[cfg(test)]
mod tests;
