//! What a sync did, or would do, in the words of whoever ran it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use indicatif::HumanCount;
use voxlake_fetch::{FetchError, MonthlyChanges, SyncPlan, SyncReport, SyncStats, YearMonth};
use voxlake_lake::{RefusedChange, RepeatedEngagements, TimeRange};
use voxlake_report::visible;

use crate::config::Settings;
use crate::exit::with_causes;
use crate::period;

/// Ranges that are listed one by one before the rest is only counted.
pub(crate) const MOST_LISTED: usize = 20;
/// Shortest run whose rate of requests tells something.
const TELLING_RUN: Duration = Duration::from_secs(5);
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

/// Says what a sync did, in a few lines.
pub(crate) fn tell(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let stats = &report.stats;
    let shown = period::shown(report.period.from, report.period.to, Tz::UTC);
    if report.planned.is_empty() {
        return writeln!(out, "Nothing to fetch: all of {shown} is settled.");
    }
    let (complete, requests) = (report.complete, HumanCount(report.rate_usage.requests));
    if report.stopped.is_some() || !report.unreached.is_empty() {
        let missing =
            report.failed.iter().map(|failed| failed.window).chain(report.unreached.iter().copied());
        let missing: TimeDelta = missing.map(|range| range.to - range.from).sum();
        writeln!(
            out,
            "Stopped early: of {shown}, {} are not fetched; {complete} windows are complete, in {requests} requests.",
            length(missing)
        )?;
    } else {
        let windows = complete + report.failed.len();
        writeln!(out, "Synced {shown}: {complete} of {windows} windows complete, in {requests} requests.")?;
    }
    writeln!(
        out,
        "{} calls are new, {} changed, {} came again as they were.",
        count(stats.added),
        count(stats.changed),
        count(stats.unchanged),
    )?;
    tell_changes(stats, out)?;
    if let Some(skew) = report.clock_skew {
        let side = if skew < TimeDelta::zero() { "ahead of" } else { "behind" };
        writeln!(
            out,
            "This machine's clock is {} s {side} the API's; the earlier of the two counts. Set it by NTP.",
            HumanCount(skew.num_seconds().unsigned_abs()),
        )?;
    }
    pace(report, settings, out)
}

/// Says what the calls that came changed in what was there, what they could not change, and what has no place.
pub(crate) fn tell_changes(stats: &SyncStats, out: &mut impl Write) -> io::Result<()> {
    for (month, changes) in &stats.changes {
        writeln!(out, "{}", changes_of(*month, changes))?;
    }
    refused(&stats.refused, out)?;
    several_starts(&stats.repeated_engagements, out)?;
    if stats.rejected > 0 {
        writeln!(
            out,
            "{} records had no place and are in the lake's rejects; `voxlake rejects list` says why.",
            count(stats.rejected)
        )?;
    }
    Ok(())
}

/// How the requests were spent.
fn pace(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let usage = &report.rate_usage;
    let mut parts = Vec::new();
    if let (Some(rate), Some(allowed)) = (usage.rate(), usage.allowed)
        && usage.span >= TELLING_RUN
    {
        let used = 100.0 * rate / f64::from(allowed.get());
        parts.push(format!("{rate:.2} a second, {used:.1} % of the {allowed} allowed"));
    }
    if came(&report.stats) > 0 {
        parts.push(format!(
            "{} times the fewest ({}) that these calls can be fetched by",
            ratio(usage.requests, report.stats.min_requests()),
            HumanCount(report.stats.min_requests()),
        ));
    }
    if let (Ok(budget), true) = (settings.daily_budget(), usage.allowed.is_some()) {
        let (spent, budget) = (HumanCount(report.requests_today), HumanCount(budget));
        parts.push(format!("{spent} of today's {budget} spent"));
    }
    if parts.is_empty() { Ok(()) } else { writeln!(out, "Requests: {}.", parts.join("; ")) }
}

fn came(stats: &SyncStats) -> usize {
    stats.added + stats.changed + stats.unchanged
}

/// `a` / `b` to three digits behind the point.
fn ratio(a: u64, b: u64) -> String {
    let thousandths = (u128::from(a) * 1000 + u128::from(b) / 2) / u128::from(b.max(1));
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// "17 calls of March 2026 changed, 3 came late; charges +4.12 USD."
fn changes_of((year, month): YearMonth, changes: &MonthlyChanges) -> String {
    let month =
        usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"?");
    let calls = |n: usize| if n == 1 { "1 call".to_owned() } else { format!("{} calls", count(n)) };
    let parts = [(changes.changed, "changed"), (changes.late, "came late"), (changes.moved, "moved away")];
    let mut parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let (first, how) = parts.next().unwrap_or((0, "changed"));
    let mut what = format!("{} of {month} {year} {how}", calls(first));
    for (number, how) in parts {
        what = format!("{what}, {} {how}", count(number));
    }
    let charges = charges(&changes.charges);
    if charges.is_empty() {
        format!("{what}; charges as before.")
    } else {
        format!("{what}; charges {charges}.")
    }
}

/// Says which engagements are there under several start times.
pub(crate) fn several_starts(found: &RepeatedEngagements, out: &mut impl Write) -> io::Result<()> {
    let subject = match found.engagements {
        0 => return Ok(()),
        1 => "1 engagement is".to_owned(),
        many => format!("{} engagements are", HumanCount(many)),
    };
    writeln!(out, "{subject} there under several start times, and may count more than once:")?;
    for (id, starts) in &found.named {
        let starts: Vec<String> =
            starts.iter().map(|start| start.format("%Y-%m-%d %H:%M:%S").to_string()).collect();
        writeln!(out, "  {}: {} UTC", visible(id), starts.join(", "))?;
    }
    match found.engagements.saturating_sub(found.named.len() as u64) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", HumanCount(more)),
    }
}

fn refused(refused: &[RefusedChange], out: &mut impl Write) -> io::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} changes to frozen days were refused:", count(refused.len()))?;
    for change in refused {
        let charges = charges(&change.charges);
        writeln!(
            out,
            "  {} of {}: {}{}{}",
            visible(&change.engagement_id),
            change.start_time.format("%Y-%m-%d %H:%M:%S UTC"),
            if change.late { "came late" } else { "changed" },
            if charges.is_empty() { "" } else { ", charges " },
            charges,
        )?;
    }
    Ok(())
}

/// "+4.12 USD, -0.5 EUR"; nothing where no sum changed.
fn charges(charges: &BTreeMap<String, i128>) -> String {
    let parts = charges.iter().filter(|(_, micros)| **micros != 0).map(|(currency, micros)| {
        let currency = if currency.is_empty() { "without a currency" } else { currency };
        format!("{} {}", signed(*micros), visible(currency))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Millionths as a signed decimal of at least two digits behind the point, and no more than it takes.
fn signed(micros: i128) -> String {
    let magnitude = micros.unsigned_abs();
    let million = MILLION.unsigned_abs();
    let mut fraction = format!("{:06}", magnitude % million);
    while fraction.len() > 2 && fraction.ends_with('0') {
        fraction.pop();
    }
    format!("{}{}.{fraction}", if micros < 0 { '-' } else { '+' }, magnitude / million)
}

/// Says on stderr which ranges are missing, and why.
pub(crate) fn say_missing(report: &SyncReport) {
    let mut err = io::stderr().lock();
    // A closed stderr changes nothing about what is missing.
    for failed in &report.failed {
        let reason = visible(&with_causes(&failed.error));
        let _ = writeln!(err, "missing: {}: {reason}", range(failed.window));
    }
    for unreached in report.unreached.iter().take(MOST_LISTED) {
        let _ = writeln!(err, "not reached: {}", range(*unreached));
    }
    if let Some(more) = report.unreached.len().checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        let _ = writeln!(err, "not reached: {more} more");
    }
    if let Some(FetchError::Incomplete { .. }) = report.failed.first().map(|failed| &failed.error) {
        let _ = writeln!(err, "the records that came are kept");
    }
}

/// A length of time for people, in days and hours or in minutes.
fn length(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours() % 24) {
        (0, 0) => format!("{} minutes", time.num_minutes().max(1)),
        (0, hours) => format!("{hours} hours"),
        (days, 0) => format!("{days} days"),
        (days, hours) => format!("{days} days {hours} hours"),
    }
}

/// A range for people.
pub(crate) fn range(range: TimeRange) -> String {
    let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    format!("{} to {} UTC", moment(range.from), moment(range.to))
}

/// Says what a sync would do.
pub(crate) fn tell_plan(plan: &SyncPlan, settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let shown = period::shown(plan.period.from, plan.period.to, Tz::UTC);
    if plan.windows.is_empty() {
        writeln!(out, "Nothing to fetch: all of {shown} is settled.")?;
        return Ok(());
    }
    writeln!(out, "To fetch of {shown}, by the API's counts:")?;
    for (window, records) in &plan.windows {
        writeln!(out, "  {}  {} calls", range(*window), HumanCount(*records))?;
    }
    let calls: u64 = plan.windows.iter().map(|(_, records)| records).sum();
    let needed = plan.requests_needed();
    let (rate, budget) = (u64::from(settings.requests_per_second().get()), settings.daily_budget()?);
    let left_today = budget.saturating_sub(plan.requests_today);
    writeln!(
        out,
        "{} calls in about {} requests: {} % of the budget of {} a day, of which {} are left today.",
        HumanCount(calls),
        HumanCount(needed),
        (needed * 100).div_ceil(budget),
        HumanCount(budget),
        HumanCount(left_today),
    )?;
    let time = humantime::format_duration(Duration::from_secs(needed.div_ceil(rate)));
    if needed <= left_today {
        writeln!(out, "At {rate} requests a second that takes about {time}.")?;
    } else {
        let days = 1 + (needed - left_today).div_ceil(budget);
        writeln!(
            out,
            "At {rate} requests a second that takes about {time}, spread over {days} UTC days; --wait does it in one run."
        )?;
    }
    writeln!(out, "Counting took {} requests.", HumanCount(plan.requests))?;
    Ok(())
}

fn count(n: usize) -> HumanCount {
    HumanCount(n as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_by_month_with_what_they_cost() {
        let changes = |changed, late, charges: &[(&str, i128)]| MonthlyChanges {
            changed,
            late,
            moved: 0,
            charges: charges.iter().map(|(currency, micros)| ((*currency).to_owned(), *micros)).collect(),
        };
        assert_eq!(
            changes_of((2026, 3), &changes(17, 0, &[("USD", 4_120_000)])),
            "17 calls of March 2026 changed; charges +4.12 USD."
        );
        assert_eq!(
            changes_of((2025, 12), &changes(1, 2, &[("EUR", -19_000), ("USD", 12_345_678)])),
            "1 call of December 2025 changed, 2 came late; charges -0.019 EUR, +12.345678 USD."
        );
        assert_eq!(
            changes_of((2025, 1), &changes(0, 1, &[])),
            "1 call of January 2025 came late; charges as before."
        );
        let moved = MonthlyChanges { moved: 1, ..changes(2, 0, &[("USD", -1_000_000)]) };
        assert_eq!(
            changes_of((2025, 1), &moved),
            "2 calls of January 2025 changed, 1 moved away; charges -1.00 USD."
        );
        assert_eq!(signed(0), "+0.00");
        assert_eq!(signed(-1), "-0.000001");
    }

    #[test]
    fn a_ratio_has_three_digits_and_does_not_divide_by_nothing() {
        assert_eq!(ratio(1034, 1000), "1.034");
        assert_eq!(ratio(2, 3), "0.667");
        assert_eq!(ratio(5, 0), "5.000");
    }
}
