//! Output of the outcome of a sync, or of its plan.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use indicatif::HumanCount;
use voxlake_fetch::{FetchError, MonthlyChanges, SyncPlan, SyncReport, SyncStats, YearMonth};
use voxlake_lake::{RefusedChange, RepeatedEngagements, TimeRange};
use voxlake_query::period::format_period;
use voxlake_report::{error_chain, escape_control_chars};

use crate::config::Settings;

/// Maximum ranges that are listed; the rest is counted.
pub(crate) const MAX_LISTED_RANGES: usize = 20;
/// Minimum length of a run for which the request rate is shown.
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

/// Prints the outcome of a sync.
pub(crate) fn print_report(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let stats = &report.stats;
    let shown = format_period(report.period.from, report.period.to, Tz::UTC);
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
            format_duration(missing)
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
    print_changes(stats, out)?;
    if let Some(skew) = report.clock_skew {
        let side = if skew < TimeDelta::zero() { "ahead of" } else { "behind" };
        writeln!(
            out,
            "This machine's clock is {} s {side} the API's; the earlier of the two counts. Set it by NTP.",
            HumanCount(skew.num_seconds().unsigned_abs()),
        )?;
    }
    print_rate_usage(report, settings, out)
}

/// Prints changes of stored calls, refused changes, repeated engagements and rejects.
pub(crate) fn print_changes(stats: &SyncStats, out: &mut impl Write) -> io::Result<()> {
    for (month, changes) in &stats.changes {
        writeln!(out, "{}", describe_changes(*month, changes))?;
    }
    print_refused(&stats.refused, out)?;
    print_repeated_engagements(&stats.repeated_engagements, out)?;
    if stats.rejected > 0 {
        writeln!(
            out,
            "{} records had no place and are in the lake's rejects; `voxlake rejects list` says why.",
            count(stats.rejected)
        )?;
    }
    Ok(())
}

/// Prints the use of requests.
fn print_rate_usage(report: &SyncReport, settings: &Settings, out: &mut impl Write) -> io::Result<()> {
    let usage = &report.rate_usage;
    let mut parts = Vec::new();
    if let (Some(rate), Some(allowed)) = (usage.rate(), usage.allowed)
        && usage.span >= MIN_RATE_SPAN
    {
        let used = 100.0 * rate / f64::from(allowed.get());
        parts.push(format!("{rate:.2} a second, {used:.1} % of the {allowed} allowed"));
    }
    if received_calls(&report.stats) > 0 {
        parts.push(format!(
            "{} times the fewest ({}) that these calls can be fetched by",
            ratio(usage.requests, report.stats.min_requests()),
            HumanCount(report.stats.min_requests()),
        ));
    }
    if usage.allowed.is_some() {
        let (spent, budget) = (HumanCount(report.requests_today), HumanCount(settings.daily_budget));
        parts.push(format!("{spent} of today's {budget} spent"));
    }
    if parts.is_empty() { Ok(()) } else { writeln!(out, "Requests: {}.", parts.join("; ")) }
}

fn received_calls(stats: &SyncStats) -> usize {
    stats.added + stats.changed + stats.unchanged
}

/// Formats `a` / `b` with three decimals.
fn ratio(a: u64, b: u64) -> String {
    let thousandths = (u128::from(a) * 1000 + u128::from(b) / 2) / u128::from(b.max(1));
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Describes changes, such as "17 calls of March 2026 changed, 3 came late; charges +4.12 USD."
fn describe_changes((year, month): YearMonth, changes: &MonthlyChanges) -> String {
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
    let charges = format_charges(&changes.charges);
    if charges.is_empty() {
        format!("{what}; charges as before.")
    } else {
        format!("{what}; charges {charges}.")
    }
}

/// Prints engagements with several start times.
pub(crate) fn print_repeated_engagements(
    found: &RepeatedEngagements,
    out: &mut impl Write,
) -> io::Result<()> {
    let subject = match found.engagements {
        0 => return Ok(()),
        1 => "1 engagement is".to_owned(),
        many => format!("{} engagements are", HumanCount(many)),
    };
    writeln!(out, "{subject} there under several start times, and may count more than once:")?;
    for (id, starts) in &found.named {
        let starts: Vec<String> =
            starts.iter().map(|start| start.format("%Y-%m-%d %H:%M:%S").to_string()).collect();
        writeln!(out, "  {}: {} UTC", escape_control_chars(id), starts.join(", "))?;
    }
    match found.engagements.saturating_sub(found.named.len() as u64) {
        0 => Ok(()),
        more => writeln!(out, "  and {} more", HumanCount(more)),
    }
}

fn print_refused(refused: &[RefusedChange], out: &mut impl Write) -> io::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    writeln!(out, "{} changes to frozen days were refused:", count(refused.len()))?;
    for change in refused {
        let charges = format_charges(&change.charges);
        writeln!(
            out,
            "  {} of {}: {}{}{}",
            escape_control_chars(&change.engagement_id),
            change.start_time.format("%Y-%m-%d %H:%M:%S UTC"),
            if change.late { "came late" } else { "changed" },
            if charges.is_empty() { "" } else { ", charges " },
            charges,
        )?;
    }
    Ok(())
}

/// Formats changes of charges, such as "+4.12 USD, -0.5 EUR", without those of zero.
fn format_charges(charges: &BTreeMap<String, i128>) -> String {
    let parts = charges.iter().filter(|(_, micros)| **micros != 0).map(|(currency, micros)| {
        let currency = if currency.is_empty() { "without a currency" } else { currency };
        format!("{} {}", format_micros(*micros), escape_control_chars(currency))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Formats millionths as a signed decimal with two to six decimals.
fn format_micros(micros: i128) -> String {
    let magnitude = micros.unsigned_abs();
    let million = MILLION.unsigned_abs();
    let mut fraction = format!("{:06}", magnitude % million);
    while fraction.len() > 2 && fraction.ends_with('0') {
        fraction.pop();
    }
    format!("{}{}.{fraction}", if micros < 0 { '-' } else { '+' }, magnitude / million)
}

/// Prints missing ranges to stderr, with the errors.
pub(crate) fn print_missing(report: &SyncReport) {
    let mut err = io::stderr().lock();
    // Errors of a closed stderr are ignored: the exit code shows that ranges are missing.
    for failed in &report.failed {
        let reason = escape_control_chars(&error_chain(&failed.error));
        let _ = writeln!(err, "missing: {}: {reason}", range(failed.window));
    }
    for unreached in report.unreached.iter().take(MAX_LISTED_RANGES) {
        let _ = writeln!(err, "not reached: {}", range(*unreached));
    }
    if let Some(more) = report.unreached.len().checked_sub(MAX_LISTED_RANGES).filter(|more| *more > 0) {
        let _ = writeln!(err, "not reached: {more} more");
    }
    if let Some(FetchError::Incomplete { .. }) = report.failed.first().map(|failed| &failed.error) {
        let _ = writeln!(err, "the received records are kept");
    }
}

/// Formats a duration in days and hours, or in minutes.
fn format_duration(time: TimeDelta) -> String {
    match (time.num_days(), time.num_hours() % 24) {
        (0, 0) => format!("{} minutes", time.num_minutes().max(1)),
        (0, hours) => format!("{hours} hours"),
        (days, 0) => format!("{days} days"),
        (days, hours) => format!("{days} days {hours} hours"),
    }
}

/// Formats a time range.
pub(crate) fn range(range: TimeRange) -> String {
    let moment = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    format!("{} to {} UTC", moment(range.from), moment(range.to))
}

/// Prints the plan of a sync.
pub(crate) fn print_plan(plan: &SyncPlan, settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let shown = format_period(plan.period.from, plan.period.to, Tz::UTC);
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
    let (rate, budget) = (u64::from(settings.requests_per_second.get()), settings.daily_budget);
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
    fn changes_are_described_by_month() {
        let changes = |changed, late, charges: &[(&str, i128)]| MonthlyChanges {
            changed,
            late,
            moved: 0,
            charges: charges.iter().map(|(currency, micros)| ((*currency).to_owned(), *micros)).collect(),
        };
        assert_eq!(
            describe_changes((2026, 3), &changes(17, 0, &[("USD", 4_120_000)])),
            "17 calls of March 2026 changed; charges +4.12 USD."
        );
        assert_eq!(
            describe_changes((2025, 12), &changes(1, 2, &[("EUR", -19_000), ("USD", 12_345_678)])),
            "1 call of December 2025 changed, 2 came late; charges -0.019 EUR, +12.345678 USD."
        );
        assert_eq!(
            describe_changes((2025, 1), &changes(0, 1, &[])),
            "1 call of January 2025 came late; charges as before."
        );
        let moved = MonthlyChanges { moved: 1, ..changes(2, 0, &[("USD", -1_000_000)]) };
        assert_eq!(
            describe_changes((2025, 1), &moved),
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
