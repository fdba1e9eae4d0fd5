//! Which summaries answer for a period, and what of it has to be scanned.
//!
//! A row of a summary is of a quarter of an hour, a day or a month. It can answer where all of that lies
//! within the period and, where the answer tells apart local days, weeks or months, within one of those.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use voxlake_lake::{Span, TimeRange};

use super::definition::Grain;

/// A quarter of an hour, which every offset from UTC since 1972 is a multiple of (ms).
pub(crate) const QUARTER_MS: i64 = 15 * 60 * 1000;

/// What an answer tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Per {
    All,
    Month,
    Week,
    Day,
}

impl Per {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "all" => Some(Self::All),
            "month" => Some(Self::Month),
            "week" => Some(Self::Week),
            "day" => Some(Self::Day),
            _ => None,
        }
    }

    /// The local period that an instant is in, as a number that is another for every other period.
    fn of(self, at: DateTime<Utc>, zone: Tz) -> i64 {
        let date = at.with_timezone(&zone).date_naive();
        match self {
            Self::All => 0,
            Self::Month => i64::from(date.year()) * 12 + i64::from(date.month0()),
            Self::Week => i64::from(date.num_days_from_ce() - 1).div_euclid(7),
            Self::Day => i64::from(date.num_days_from_ce()),
        }
    }

    /// Whether all of a range is in one local period.
    fn holds(self, range: TimeRange, zone: Tz) -> bool {
        let last = range.to - TimeDelta::milliseconds(1);
        if self.of(range.from, zone) != self.of(last, zone) {
            return false;
        }
        // Only where clocks go back over midnight does a period come, go and come again.
        let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
        if self == Self::All || offset(range.from) == offset(last) {
            return true;
        }
        let quarters = (0..).map(|n| range.from + TimeDelta::milliseconds(n * QUARTER_MS));
        quarters.take_while(|at| *at < range.to).all(|at| self.of(at, zone) == self.of(range.from, zone))
    }
}

/// How a period is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    /// Spans whose summaries are read, in order of time.
    pub(crate) spans: Vec<Span>,
    /// The moments of which those summaries' rows count: of a quarter-hourly one, not all need to.
    pub(crate) within: TimeRange,
    /// What has to be scanned, in order of time.
    pub(crate) scanned: Vec<TimeRange>,
}

/// Covers `period`, in which the lake has files of these `days`, as well as the spans allow that are `summarized`.
///
/// `days` are in order. What lies between them is neither scanned nor summarized, since no call is there.
pub(crate) fn cover(
    period: TimeRange,
    grain: Grain,
    (per, zone): (Per, Tz),
    days: &[NaiveDate],
    summarized: impl Fn(Span) -> bool,
) -> Cover {
    let within = match grain {
        Grain::Quarter => quarters_of(period),
        Grain::Day => period,
    };
    let usable = |span: &Span| {
        let range = span.range();
        let fits = match grain {
            Grain::Quarter => !range.intersection(&within).is_empty(),
            Grain::Day => is_in(range, within) && per.holds(range, zone),
        };
        fits && summarized(*span)
    };
    let days = touched(days, period);
    let mut spans = Vec::new();
    for month in days.chunk_by(|a, b| Span::Month(*a).first_day() == Span::Month(*b).first_day()) {
        let whole = Span::Month(Span::Month(month[0]).first_day());
        // Of a month that is asked for in part, the days are less to read.
        if is_in(whole.range(), within) && usable(&whole) {
            spans.push(whole);
        } else {
            spans.extend(month.iter().copied().map(Span::Day).filter(usable));
        }
    }
    let mut scanned = vec![period];
    for span in &spans {
        let last = scanned.pop();
        scanned.extend(last.into_iter().flat_map(|rest| rest.without(span.range().intersection(&within))));
    }
    scanned.retain(|range| !touched(days, *range).is_empty());
    Cover { spans, within, scanned }
}

/// The days that a range touches.
fn touched(days: &[NaiveDate], range: TimeRange) -> &[NaiveDate] {
    if range.is_empty() {
        return &[];
    }
    let from = days.partition_point(|day| TimeRange::of_day(*day).to <= range.from);
    let to = days.partition_point(|day| TimeRange::of_day(*day).from < range.to);
    &days[from..to]
}

fn is_in(range: TimeRange, other: TimeRange) -> bool {
    other.from <= range.from && range.to <= other.to
}

/// The whole quarters of an hour within a period.
fn quarters_of(period: TimeRange) -> TimeRange {
    let at = |quarter: i64, otherwise| {
        quarter.checked_mul(QUARTER_MS).and_then(DateTime::from_timestamp_millis).unwrap_or(otherwise)
    };
    let (from, to) = (period.from.timestamp_millis(), period.to.timestamp_millis());
    let first = from.div_euclid(QUARTER_MS) + i64::from(from.rem_euclid(QUARTER_MS) > 0);
    TimeRange { from: at(first, period.to), to: at(to.div_euclid(QUARTER_MS), period.from) }
}

#[cfg(test)]
mod tests;
