//! Which summaries answer for a period, and what of it has to be scanned.
//!
//! A row of a summary is of a quarter of an hour, an hour, a day, a month or a year. It can answer where all of that lies
//! within the period and, where the answer tells apart local hours, days, weeks or months, within one of those.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use voxlake_lake::{SummaryPeriod, TimeRange};

use super::definition::Grain;

/// What an answer tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Per {
    All,
    Month,
    Week,
    Day,
    Hour,
    QuarterHour,
}

impl Per {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "all" => Some(Self::All),
            "month" => Some(Self::Month),
            "week" => Some(Self::Week),
            "day" => Some(Self::Day),
            "hour" => Some(Self::Hour),
            "quarter_hour" => Some(Self::QuarterHour),
            _ => None,
        }
    }

    /// The local period that an instant is in, as a number that is another for every other period.
    fn of(self, at: DateTime<Utc>, zone: Tz) -> i64 {
        let local = at.with_timezone(&zone).naive_local();
        let date = local.date();
        match self {
            Self::All => 0,
            Self::Month => i64::from(date.year()) * 12 + i64::from(date.month0()),
            Self::Week => i64::from(date.num_days_from_ce() - 1).div_euclid(7),
            Self::Day => i64::from(date.num_days_from_ce()),
            Self::Hour => i64::from(date.num_days_from_ce()) * 24 + i64::from(local.hour()),
            Self::QuarterHour => {
                i64::from(date.num_days_from_ce()) * 96 + i64::from(local.hour() * 4 + local.minute() / 15)
            }
        }
    }

    /// Whether all of a range is in one local period.
    fn holds(self, range: TimeRange, zone: Tz) -> bool {
        let last = range.to - TimeDelta::milliseconds(1);
        if self.of(range.from, zone) != self.of(last, zone) {
            return false;
        }
        // Only where clocks go back over midnight does a period come, go and come again.
        if self == Self::All || offset(range.from, zone) == offset(last, zone) {
            return true;
        }
        // Every offset from UTC since 1972 is of whole quarters of an hour, and every change since April of 2011 at one.
        starts(range, Grain::Quarter).all(|at| self.of(at, zone) == self.of(range.from, zone))
    }
}

impl Per {
    /// Whether every hour (UTC) of a range is in one local period.
    fn holds_hours(self, range: TimeRange, zone: Tz) -> bool {
        match self {
            Self::All => true,
            Self::Month | Self::Week | Self::Day | Self::Hour => shares_hours(range, zone),
            Self::QuarterHour => false,
        }
    }
}

/// How far a zone's clocks are from UTC at an instant.
fn offset(at: DateTime<Utc>, zone: Tz) -> TimeDelta {
    at.with_timezone(&zone).naive_local() - at.naive_utc()
}

/// The first moments of a range's days, hours or quarters of an hour, counted from its own first.
fn starts(range: TimeRange, grain: Grain) -> impl Iterator<Item = DateTime<Utc>> {
    let starts = (0..).map(move |n| range.from + TimeDelta::milliseconds(n * grain.length_ms()));
    starts.take_while(move |at| *at < range.to)
}

/// Whether a zone's hours are those of UTC all through a range, as every day in it begins and in the end.
fn shares_hours(range: TimeRange, zone: Tz) -> bool {
    let last = range.to - TimeDelta::milliseconds(1);
    starts(range, Grain::Day).chain([last]).all(|at| offset(at, zone).num_seconds() % 3600 == 0)
}

/// A summary that answers for a part of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Piece {
    pub(crate) span: SummaryPeriod,
    /// The moments of which its rows count; none given means all. Of a quarter-hourly summary not all need to.
    pub(crate) within: Option<TimeRange>,
}

/// How a period is answered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cover {
    /// What is summarized, in order of time.
    pub(crate) pieces: Vec<Piece>,
    /// What is not, in order of time.
    pub(crate) rest: Vec<TimeRange>,
}

/// Covers `period`, in which the lake has files of these `days`, as well as the spans allow that are `summarized`.
///
/// `days` are in order. What lies between them is part of neither, since no call is there.
pub(crate) fn cover(
    period: TimeRange,
    grain: Grain,
    (per, zone): (Per, Tz),
    days: &[NaiveDate],
    summarized: impl Fn(SummaryPeriod) -> bool,
) -> Cover {
    let within = match grain {
        Grain::Quarter => quarters_of(period),
        Grain::Hour | Grain::Day => period,
    };
    let whole = |span: &SummaryPeriod| {
        touched(days, span.range()).iter().all(|day| is_in(TimeRange::of_day(*day), within))
    };
    let usable = |span: &SummaryPeriod| {
        let fits = match (grain, span) {
            (Grain::Quarter, SummaryPeriod::Day(_)) => !span.range().intersection(&within).is_empty(),
            (Grain::Quarter, _) => whole(span),
            (Grain::Hour, _) => whole(span) && per.holds_hours(span.range(), zone),
            (Grain::Day, _) => whole(span) && per.holds(span.range(), zone),
        };
        fits && summarized(*span)
    };
    let mut pieces = Vec::new();
    let mut left = touched(days, period);
    while let Some(first) = left.first() {
        let spans = [SummaryPeriod::Year(*first), SummaryPeriod::Month(*first), SummaryPeriod::Day(*first)];
        let span = spans.into_iter().map(SummaryPeriod::normalized).find(|span| {
            // Of a month or year that is asked for in part, what it is made of is less to read.
            let begins_here = touched(days, span.range()).first() == Some(first);
            begins_here && usable(span)
        });
        pieces.extend(span.map(|span| {
            let within = (!whole(&span)).then(|| span.range().intersection(&within));
            Piece { span, within }
        }));
        let done = span.map_or(1, |span| touched(left, span.range()).len());
        left = &left[done..];
    }
    let mut rest = vec![period];
    for piece in &pieces {
        let last = rest.pop();
        let covered = piece.within.unwrap_or(piece.span.range());
        rest.extend(last.into_iter().flat_map(|rest| rest.difference(covered)));
    }
    rest.retain(|range| !touched(days, *range).is_empty());
    Cover { pieces, rest }
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
    let length_ms = Grain::Quarter.length_ms();
    let at = |quarter: i64, otherwise| {
        quarter.checked_mul(length_ms).and_then(DateTime::from_timestamp_millis).unwrap_or(otherwise)
    };
    let (from, to) = (period.from.timestamp_millis(), period.to.timestamp_millis());
    let first = from.div_euclid(length_ms) + i64::from(from.rem_euclid(length_ms) > 0);
    TimeRange { from: at(first, period.to), to: at(to.div_euclid(length_ms), period.from) }
}

#[cfg(test)]
mod tests;
