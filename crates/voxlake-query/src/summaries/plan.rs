//! Split of a period into summaries and ranges to scan.
//!
//! A row of a summary covers a quarter hour, hour, day, month or year. It can be used if this range
//! lies within the period and, where the query needs local hours, days, weeks or months, within one
//! of those.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeDelta, Timelike as _, Utc};
use chrono_tz::Tz;
use voxlake_lake::{SummaryPeriod, TimeRange};

use super::definition::Grain;

/// Time resolution that a query needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeGranularity {
    All,
    Month,
    Week,
    Day,
    Hour,
    QuarterHour,
}

impl TimeGranularity {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
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

    /// Number of the local period that contains an instant.
    fn period_number(self, at: DateTime<Utc>, zone: Tz) -> i64 {
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

    /// Returns whether a range lies in one local period.
    fn holds(self, range: TimeRange, zone: Tz) -> bool {
        let last = range.to - TimeDelta::milliseconds(1);
        if self.period_number(range.from, zone) != self.period_number(last, zone) {
            return false;
        }
        // A period can repeat only where clocks go back across midnight.
        if self == Self::All || offset(range.from, zone) == offset(last, zone) {
            return true;
        }
        // Since 1972 all UTC offsets are multiples of a quarter hour; since April 2011 all changes
        // happen at one.
        starts(range, Grain::Quarter)
            .all(|at| self.period_number(at, zone) == self.period_number(range.from, zone))
    }
}

impl TimeGranularity {
    /// Returns whether each UTC hour of a range lies in one local period.
    fn holds_hours(self, range: TimeRange, zone: Tz) -> bool {
        match self {
            Self::All => true,
            Self::Month | Self::Week | Self::Day | Self::Hour => shares_hours(range, zone),
            Self::QuarterHour => false,
        }
    }
}

/// UTC offset of a zone at an instant.
fn offset(at: DateTime<Utc>, zone: Tz) -> TimeDelta {
    at.with_timezone(&zone).naive_local() - at.naive_utc()
}

/// Starts of a range's days, hours or quarter hours, counted from its own start.
fn starts(range: TimeRange, grain: Grain) -> impl Iterator<Item = DateTime<Utc>> {
    let starts = (0..).map(move |n| range.from + TimeDelta::milliseconds(n * grain.length_ms()));
    starts.take_while(move |at| *at < range.to)
}

/// Returns whether a zone's offset is a whole number of hours at the start of each day of a range
/// and at its end.
fn shares_hours(range: TimeRange, zone: Tz) -> bool {
    let last = range.to - TimeDelta::milliseconds(1);
    starts(range, Grain::Day).chain([last]).all(|at| offset(at, zone).num_seconds() % 3600 == 0)
}

/// A summary that covers part of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Segment {
    pub(crate) span: SummaryPeriod,
    /// Restriction to rows of this range; `None` means all rows. Only quarter-hour summaries are
    /// used in part.
    pub(crate) within: Option<TimeRange>,
}

/// Split of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SummaryPlan {
    /// Summaries to read, in order of time.
    pub(crate) segments: Vec<Segment>,
    /// Ranges to scan, in order of time.
    pub(crate) uncovered: Vec<TimeRange>,
}

/// Covers `period` with the largest usable summaries. `summarized` tells which exist.
///
/// `days` are the dates of the lake's day files, in order. Dates without a file are neither covered
/// nor scanned.
pub(crate) fn cover(
    period: TimeRange,
    grain: Grain,
    (per, zone): (TimeGranularity, Tz),
    days: &[NaiveDate],
    summarized: impl Fn(SummaryPeriod) -> bool,
) -> SummaryPlan {
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
    let mut segments = Vec::new();
    let mut left = touched(days, period);
    while let Some(first) = left.first() {
        let spans = [SummaryPeriod::Year(*first), SummaryPeriod::Month(*first), SummaryPeriod::Day(*first)];
        let span = spans.into_iter().map(SummaryPeriod::normalized).find(|span| {
            // A month or year that is needed in part is replaced by its days, which have fewer rows
            // to read.
            let begins_here = touched(days, span.range()).first() == Some(first);
            begins_here && usable(span)
        });
        segments.extend(span.map(|span| {
            let within = (!whole(&span)).then(|| span.range().intersection(&within));
            Segment { span, within }
        }));
        let done = span.map_or(1, |span| touched(left, span.range()).len());
        left = &left[done..];
    }
    let mut rest = vec![period];
    for segment in &segments {
        let last = rest.pop();
        let covered = segment.within.unwrap_or(segment.span.range());
        rest.extend(last.into_iter().flat_map(|rest| rest.difference(covered)));
    }
    rest.retain(|range| !touched(days, *range).is_empty());
    SummaryPlan { segments, uncovered: rest }
}

/// Days that a range overlaps.
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

/// Whole quarter hours within a period.
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
