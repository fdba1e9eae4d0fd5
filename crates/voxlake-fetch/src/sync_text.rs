//! Outcome and plan of a sync, as lines of text.
//!
//! The lines contain ids from the API. Callers escape control characters before printing them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{RefusedChange, RepeatedEngagements, TimeRange, counted, format_range, group_digits};

use crate::report::{MonthlyChanges, SyncReport, SyncStats, YearMonth};
use crate::sync::SyncPlan;

/// Minimum time between the first and the last request for which the request rate is shown.
const MIN_RATE_SPAN: Duration = Duration::from_secs(5);
const MILLION: i128 = 1_000_000;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl SyncReport {
    /// Describes the outcome. `daily_budget` is the maximum number of requests per UTC day.
    #[must_use]
    pub fn describe(&self, daily_budget: u64) -> Vec<String> {
        let stats = &self.stats;
        let period = format_period(self.period);
        if self.planned.is_empty() {
            return vec![format!("Nothing to fetch: all of {period} is settled.")];
        }
        let complete = self.complete as u64;
        let requests = counted(self.rate_usage.requests, "request", "requests");
        let mut lines = Vec::new();
        if self.stopped.is_some() || !self.unreached.is_empty() {
            let missing =
                self.failed.iter().map(|failed| failed.window).chain(self.unreached.iter().copied());
            let missing: TimeDelta = missing.map(|range| range.to - range.from).sum();
            lines.push(format!(
                "Stopped early: {} of {period} are not fetched; {} complete, in {requests}.",
                format_duration(missing),
                counted(complete, "window is", "windows are")
            ));
        } else {
            let windows = counted(complete + self.failed.len() as u64, "window", "windows");
            lines.push(format!("Synced {period}: {complete} of {windows} complete, in {requests}."));
        }
        lines.push(format!(
            "{} new, {} changed, {} unchanged.",
            counted(stats.added as u64, "call is", "calls are"),
            count(stats.changed),
            count(stats.unchanged),
        ));
        lines.extend(stats.describe_changes());
        if let Some(skew) = self.clock_skew {
            let side = if skew < TimeDelta::zero() { "ahead of" } else { "behind" };
            lines.push(format!(
                "This machine's clock is {} s {side} the API's; the earlier of the two is used. Synchronize it with NTP.",
                group_digits(skew.num_seconds().unsigned_abs()),
            ));
        }
        lines.extend(self.describe_rate_usage(daily_budget));
        lines
    }

    fn describe_rate_usage(&self, daily_budget: u64) -> Option<String> {
        let usage = &self.rate_usage;
        let mut parts = Vec::new();
        if let (Some(rate), Some(allowed)) = (usage.rate(), usage.allowed)
            && usage.span >= MIN_RATE_SPAN
        {
            let used = 100.0 * rate / f64::from(allowed.get());
            parts.push(format!("{rate:.2} a second, {used:.1} % of the {allowed} allowed"));
        }
        let stats = &self.stats;
        if stats.added + stats.changed + stats.unchanged > 0 {
            parts.push(format!(
                "{} times the minimum ({}) for these calls",
                ratio(usage.requests, stats.min_requests()),
                group_digits(stats.min_requests()),
            ));
        }
        if usage.allowed.is_some() {
            let (spent, budget) = (group_digits(self.requests_today), group_digits(daily_budget));
            parts.push(format!("{spent} of today's {budget} spent"));
        }
        (!parts.is_empty()).then(|| format!("Requests: {}.", parts.join("; ")))
    }
}

impl SyncStats {
    /// Describes changes of stored calls, refused changes, repeated engagements and rejects.
    #[must_use]
    pub fn describe_changes(&self) -> Vec<String> {
        let months = self.changes.iter();
        let mut lines: Vec<String> = months.map(|(month, changes)| describe_month(*month, changes)).collect();
        lines.extend(describe_refused(&self.refused));
        lines.extend(describe_repeated_engagements(&self.repeated_engagements));
        if self.rejected > 0 {
            lines.push(format!(
                "{} in the lake's rejects; `voxlake rejects list` shows why.",
                counted(
                    self.rejected as u64,
                    "record cannot be stored as a call and is",
                    "records cannot be stored as calls and are"
                )
            ));
        }
        lines
    }
}

impl SyncPlan {
    /// Describes the windows, requests and time of a plan, at `rate` requests per second and
    /// `daily_budget` requests per UTC day.
    #[must_use]
    pub fn describe(&self, rate: u64, daily_budget: u64) -> Vec<String> {
        let period = format_period(self.period);
        if self.windows.is_empty() {
            return vec![format!("Nothing to fetch: all of {period} is settled.")];
        }
        let mut lines = vec![format!("To fetch in {period}, by the API's counts:")];
        for (window, records) in &self.windows {
            lines.push(format!("  {}  {}", format_range(*window), counted(*records, "call", "calls")));
        }
        let calls: u64 = self.windows.iter().map(|(_, records)| records).sum();
        let needed = self.requests_needed();
        let left_today = daily_budget.saturating_sub(self.requests_today);
        lines.push(format!(
            "{} in about {}: {} % of the budget of {} a day, of which {} are left today.",
            counted(calls, "call", "calls"),
            counted(needed, "request", "requests"),
            (needed * 100).div_ceil(daily_budget),
            group_digits(daily_budget),
            group_digits(left_today),
        ));
        let time = humantime::format_duration(Duration::from_secs(needed.div_ceil(rate)));
        let rate = counted(rate, "request", "requests");
        if needed <= left_today {
            lines.push(format!("At {rate} a second that takes about {time}."));
        } else {
            let days = 1 + (needed - left_today).div_ceil(daily_budget);
            lines.push(format!("At {rate} a second that takes about {time}, spread over {days} UTC days."));
        }
        lines.push(format!("Counting took {}.", counted(self.requests, "request", "requests")));
        lines
    }
}

/// Formats `a` / `b` with three decimals.
fn ratio(a: u64, b: u64) -> String {
    let thousandths = (u128::from(a) * 1000 + u128::from(b) / 2) / u128::from(b.max(1));
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Describes changes, such as "17 calls of March 2026 changed, 3 came late; charges +4.12 USD."
fn describe_month((year, month): YearMonth, changes: &MonthlyChanges) -> String {
    let month =
        usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"?");
    let parts = [(changes.changed, "changed"), (changes.late, "came late"), (changes.moved, "moved away")];
    let mut parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let (first, verb) = parts.next().unwrap_or((0, "changed"));
    let mut text = format!("{} of {month} {year} {verb}", counted(first as u64, "call", "calls"));
    for (number, verb) in parts {
        text = format!("{text}, {} {verb}", count(number));
    }
    let charges = format_charges(&changes.charges);
    if charges.is_empty() {
        format!("{text}; charges unchanged.")
    } else {
        format!("{text}; charges {charges}.")
    }
}

/// Describes engagements with several start times.
#[must_use]
pub fn describe_repeated_engagements(found: &RepeatedEngagements) -> Vec<String> {
    if found.engagements == 0 {
        return Vec::new();
    }
    let subject = counted(found.engagements, "engagement has", "engagements have");
    let mut lines = vec![format!("{subject} several start times and may count more than once:")];
    for (id, starts) in &found.named {
        let starts: Vec<String> =
            starts.iter().map(|start| start.format("%Y-%m-%d %H:%M:%S").to_string()).collect();
        lines.push(format!("  {id}: {} UTC", starts.join(", ")));
    }
    match found.engagements.saturating_sub(found.named.len() as u64) {
        0 => {}
        more => lines.push(format!("  and {} more", group_digits(more))),
    }
    lines
}

fn describe_refused(refused: &[RefusedChange]) -> Vec<String> {
    if refused.is_empty() {
        return Vec::new();
    }
    let changes = refused.len() as u64;
    let mut lines = vec![format!(
        "{} refused:",
        counted(changes, "change to frozen days was", "changes to frozen days were")
    )];
    for change in refused {
        let charges = format_charges(&change.charges);
        lines.push(format!(
            "  {} of {}: {}{}{}",
            change.engagement_id,
            change.start_time.format("%Y-%m-%d %H:%M:%S UTC"),
            if change.late { "came late" } else { "changed" },
            if charges.is_empty() { "" } else { ", charges " },
            charges,
        ));
    }
    lines
}

/// Formats changes of charges, such as "+4.12 USD, -0.50 EUR". Changes of zero are omitted.
fn format_charges(charges: &BTreeMap<String, i128>) -> String {
    let parts = charges.iter().filter(|(_, micros)| **micros != 0).map(|(currency, micros)| {
        let currency = if currency.is_empty() { "without a currency" } else { currency };
        format!("{} {}", format_micros(*micros), currency)
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Formats millionths as a signed number with two to six decimals.
fn format_micros(micros: i128) -> String {
    let magnitude = micros.unsigned_abs();
    let million = MILLION.unsigned_abs();
    let mut fraction = format!("{:06}", magnitude % million);
    while fraction.len() > 2 && fraction.ends_with('0') {
        fraction.pop();
    }
    format!("{}{}.{fraction}", if micros < 0 { '-' } else { '+' }, magnitude / million)
}

/// Formats a duration in days and hours, or in minutes.
fn format_duration(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours() % 24) {
        (0, 0) => counted(time.num_minutes().max(1).unsigned_abs(), "minute", "minutes"),
        (0, hours) => counted(hours.unsigned_abs(), "hour", "hours"),
        (days, 0) => counted(days.unsigned_abs(), "day", "days"),
        (days, hours) => format!(
            "{} {}",
            counted(days.unsigned_abs(), "day", "days"),
            counted(hours.unsigned_abs(), "hour", "hours")
        ),
    }
}

/// Formats a period in minutes: `2026-11-01 00:00 to 2026-11-02 00:00 (not included), UTC`.
fn format_period(period: TimeRange) -> String {
    let moment = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M").to_string();
    format!("{} to {} (not included), UTC", moment(period.from), moment(period.to))
}

fn count(n: usize) -> String {
    group_digits(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_described_by_month() {
        let changes = |changed, late, charges: &[(&str, i128)]| MonthlyChanges {
            changed,
            late,
            moved: 0,
            charges: charges.iter().map(|(currency, micros)| ((*currency).to_owned(), *micros)).collect(),
        };
        assert_eq!(
            describe_month((2026, 3), &changes(17, 0, &[("USD", 4_120_000)])),
            "17 calls of March 2026 changed; charges +4.12 USD."
        );
        assert_eq!(
            describe_month((2025, 12), &changes(1, 2, &[("EUR", -19_000), ("USD", 12_345_678)])),
            "1 call of December 2025 changed, 2 came late; charges -0.019 EUR, +12.345678 USD."
        );
        assert_eq!(
            describe_month((2025, 1), &changes(0, 1, &[])),
            "1 call of January 2025 came late; charges unchanged."
        );
        let moved = MonthlyChanges { moved: 1, ..changes(2, 0, &[("USD", -1_000_000)]) };
        assert_eq!(
            describe_month((2025, 1), &moved),
            "2 calls of January 2025 changed, 1 moved away; charges -1.00 USD."
        );
        assert_eq!(format_micros(0), "+0.00");
        assert_eq!(format_micros(-1), "-0.000001");
    }

    #[test]
    fn ratios_have_three_decimals() {
        assert_eq!(ratio(1034, 1000), "1.034");
        assert_eq!(ratio(2, 3), "0.667");
        assert_eq!(ratio(5, 0), "5.000");
    }
}
