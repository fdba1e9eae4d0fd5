//! Status of a lake as lines of text, and of its days as a table.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::Date32Type;
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};

use crate::column_layout::describe_outdated_days;
use crate::digits::{counted, format_bytes, group_digits};
use crate::range::{TimeRange, format_range};
use crate::status::{DayStatus, LakeStatus, StatusRange};

/// Maximum ranges of a kind that are listed; the rest is counted.
const MAX_LISTED_RANGES: usize = 20;

/// Lines of text, each with its subject in a column of its own.
#[derive(Default)]
struct StatusLines(Vec<String>);

impl StatusLines {
    fn push(&mut self, subject: &str, text: impl Display) {
        self.0.push(format!("{subject:<12} {text}"));
    }

    /// Adds a line for each range. `none` stands for an empty list.
    fn push_ranges(&mut self, subject: &str, ranges: &[StatusRange], none: &str) {
        if ranges.is_empty() {
            self.push(subject, none);
        }
        for (at, range) in ranges.iter().take(MAX_LISTED_RANGES).enumerate() {
            self.push(if at == 0 { subject } else { "" }, range);
        }
        if ranges.len() > MAX_LISTED_RANGES {
            self.push("", format_args!("and {} more", ranges.len() - MAX_LISTED_RANGES));
        }
    }
}

impl LakeStatus {
    /// Describes the status: lines that start with their subject.
    ///
    /// The lines contain names from the lake. Callers escape control characters before printing
    /// them.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut lines = StatusLines::default();
        lines.push("lake", format_args!("{}, {}", self.lake, format_bytes(self.bytes)));
        if let Some(origin) = &self.origin {
            lines.push("origin", origin);
        }
        if let Some(scope) = &self.scope {
            lines.push("scope", scope);
        }
        let (calls, days) = (group_digits(self.calls), counted(self.days as u64, "day", "days"));
        lines.push("calls", format_args!("{calls} on {days}"));
        lines.push("newest call", self.describe_newest_call());
        match &self.fetched {
            None => lines.push("fetched", "nothing yet; run `voxlake sync`"),
            Some(fetched) => lines.push("fetched", fetched),
        }
        if let Some(period) = &self.unfinished_sync {
            lines.push("last sync", format_args!("did not fetch all of {period}; run it again"));
        }
        lines.push_ranges("gaps", &self.gaps, "none");
        let settled = match self.fetched {
            None => "everything: nothing is fetched yet",
            Some(_) => "nothing: a sync up to now has nothing to fetch",
        };
        lines.push_ranges("not settled", &self.unsettled, settled);
        match self.rejects {
            0 => lines.push("rejects", "none"),
            rejects => {
                let rejects = group_digits(rejects as u64);
                lines.push("rejects", format_args!("{rejects}; `voxlake rejects list` shows the reasons"));
            }
        }
        let [left, budget, spent] =
            [self.requests_left_today, self.daily_budget, self.requests_spent_today].map(group_digits);
        lines.push("requests", format_args!("{left} left of today's {budget}; {spent} spent"));
        if let Some(outdated) = describe_outdated_days(self.outdated_days) {
            lines.push("layout", outdated);
        }
        for day in &self.damaged {
            lines.push("DAMAGED", format_args!("{}: {}", day.file, day.reason));
        }
        lines.0
    }

    fn describe_newest_call(&self) -> String {
        let Some(newest) = self.newest_call else { return "none".to_owned() };
        let age = self.newest_call_age_seconds.and_then(|age| u64::try_from(age).ok()).unwrap_or(0);
        format!("{}, {} ago", newest.format("%Y-%m-%d %H:%M:%S UTC"), format_age(Duration::from_secs(age)))
    }

    /// Returns the status of each day as a table. It is empty if the days were not requested.
    ///
    /// # Errors
    /// [`ArrowError`] if a date or time is out of the range of its column.
    pub fn day_table(&self) -> Result<RecordBatch, ArrowError> {
        let days = self.by_day.as_deref().unwrap_or_default();
        let instants = |instant: fn(&DayStatus) -> Option<DateTime<Utc>>| {
            let instants = days.iter().map(|day| instant(day).map(|at| at.timestamp_millis()));
            Arc::new(TimestampMillisecondArray::from_iter(instants).with_timezone("UTC")) as ArrayRef
        };
        let dates = days.iter().map(|day| Date32Type::from_naive_date(day.date));
        let complete = days.iter().map(|day| if day.complete { "yes" } else { "no" });
        RecordBatch::try_from_iter([
            ("date", Arc::new(Date32Array::from_iter_values(dates)) as ArrayRef),
            ("calls", Arc::new(UInt64Array::from_iter_values(days.iter().map(|day| day.calls)))),
            ("first_call", instants(|day| day.first_call)),
            ("last_call", instants(|day| day.last_call)),
            ("fetched_at", instants(|day| day.fetched_at)),
            ("complete", Arc::new(StringArray::from_iter_values(complete))),
            ("bytes", Arc::new(UInt64Array::from_iter_values(days.iter().map(|day| day.bytes)))),
        ])
    }
}

impl Display for StatusRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format_range(TimeRange { from: self.from, to: self.to }))
    }
}

/// Formats a duration with its two largest units, such as "2 days 3 h".
fn format_age(duration: Duration) -> String {
    let whole = humantime::format_duration(duration).to_string();
    let parts = whole.split(' ').take(2).map(|part| {
        let unit = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        format!("{} {}", &part[..unit], &part[unit..])
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::Lake;

    #[tokio::test]
    async fn an_empty_lake_has_nothing_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::create(folder.path().to_str().unwrap()).await.unwrap();
        let now = DateTime::UNIX_EPOCH;
        let inventory = lake.inventory(now, TimeDelta::hours(24)).await.unwrap();
        let mut status = LakeStatus::new(&lake, &inventory, 12_000, now).await.unwrap();
        assert_eq!(
            status.describe()[1..],
            [
                "calls        0 on 0 days",
                "newest call  none",
                "fetched      nothing yet; run `voxlake sync`",
                "gaps         none",
                "not settled  everything: nothing is fetched yet",
                "rejects      none",
                "requests     12,000 left of today's 12,000; 0 spent",
            ]
        );
        assert_eq!(status.with_days(&inventory).day_table().unwrap().num_rows(), 0);

        status = LakeStatus::new(&lake, &inventory, 12_000, now).await.unwrap();
        status.gaps = vec![StatusRange { from: now, to: now + TimeDelta::hours(1) }; 22];
        let lines = status.describe();
        assert_eq!(lines[4], "gaps         1970-01-01 00:00:00 to 1970-01-01 01:00:00 UTC");
        assert_eq!(lines[24], "             and 2 more");
    }

    #[test]
    fn ages_have_two_units() {
        assert_eq!(format_age(Duration::from_secs(2 * 86_400 + 3 * 3600 + 61)), "2 days 3 h");
    }
}
