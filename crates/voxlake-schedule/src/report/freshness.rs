//! Freshness of the data of a period: gaps, unsettled ranges, rejects, and a fingerprint of the
//! data.

use chrono::{DateTime, TimeDelta, Utc};
use voxlake_lake::{DayFile, Fingerprint, Lake, LakeError, TimeRange, counted, group_digits};
use voxlake_query::{LakeSession, describe_gaps, describe_scope};
use voxlake_report::DataFreshness;

use crate::ScheduleError;

/// Returns what the lake lacks of `period`, or may still change, at `now`. The future part of the
/// period is not missing.
///
/// # Errors
/// A lake or query error if footers or rejects cannot be read.
pub async fn data_freshness(
    lake: &Lake,
    session: &LakeSession,
    period: TimeRange,
    now: DateTime<Utc>,
    settle: TimeDelta,
) -> Result<DataFreshness, ScheduleError> {
    let past = TimeRange { to: period.to.min(now), ..period };
    let mut freshness = DataFreshness::default();
    if let Some(scope) = session.scope() {
        freshness.remarks.push(sentence(&describe_scope(scope)));
    }
    let missing = session.gaps(past).await?;
    freshness.has_gaps = !missing.is_empty();
    freshness.remarks.extend(describe_gaps(&missing, past).iter().map(|line| sentence(line)));
    if now < period.to {
        freshness.remarks.push("The period has not ended yet.".to_owned());
    }
    let unsettled = add_unsettled(&mut freshness, lake, session, (period, past), now, settle).await?;
    match session.rejects(past).await? {
        0 => {}
        1 => freshness.remarks.push(
            "1 record of this time could not be read and is not in the figures; `voxlake rejects list` shows the reason."
                .to_owned(),
        ),
        records => freshness.remarks.push(format!(
            "{} records of this time could not be read and are not in the figures; `voxlake rejects list` shows the reasons.",
            group_digits(records as u64)
        )),
    }
    freshness.settled = now >= period.to && !freshness.has_gaps && unsettled <= TimeDelta::zero();
    let newest = session.days().last().cloned().into_iter().collect::<Vec<_>>();
    freshness.newest_call =
        lake.footers(&newest).await.into_iter().flatten().filter_map(|footer| footer.last_start).max();
    Ok(freshness)
}

/// Adds the time of the last fetch and a remark on unsettled ranges. Returns their length, without
/// gaps.
async fn add_unsettled(
    freshness: &mut DataFreshness,
    lake: &Lake,
    session: &LakeSession,
    (period, past): (TimeRange, TimeRange),
    now: DateTime<Utc>,
    settle: TimeDelta,
) -> Result<TimeDelta, LakeError> {
    let days = days_of(session.days(), &[period]);
    let footers = lake.footers(&days).await;
    let mut unsettled = TimeDelta::zero();
    for (day, footer) in days.iter().zip(footers) {
        let footer = footer?;
        let within = TimeRange::of_day(day.date).intersection(&past);
        let coverage = footer.coverage.of_scope(session.scope_id()).trusted_at(now);
        unsettled += total(&coverage.unsettled(within, settle)) - total(&coverage.gaps(within));
        freshness.fetched_at =
            freshness.fetched_at.max(footer.coverage.ranges().iter().map(|range| range.fetched_at).max());
    }
    if unsettled > TimeDelta::zero() {
        let length = match (unsettled.num_hours(), unsettled.num_minutes()) {
            (0, minutes) => counted(minutes.max(1).unsigned_abs(), "minute", "minutes"),
            (hours, _) if hours < 72 => counted(hours.unsigned_abs(), "hour", "hours"),
            (hours, _) => counted((hours / 24).unsigned_abs(), "day", "days"),
        };
        freshness.remarks.push(format!(
            "{length} of this period are not settled: they were fetched so soon after that calls may still be added or change."
        ));
    }
    Ok(unsettled)
}

fn total(ranges: &[TimeRange]) -> TimeDelta {
    ranges.iter().map(|range| range.to - range.from).sum()
}

/// Returns a fingerprint of the day files of some periods, without reading them.
pub fn data_fingerprint(days: &[DayFile], periods: &[TimeRange]) -> Fingerprint {
    Fingerprint::from_parts(days_of(days, periods).iter().map(|day| day.fingerprint().to_string()))
}

fn days_of(days: &[DayFile], periods: &[TimeRange]) -> Vec<DayFile> {
    let touches = |day: &&DayFile| {
        let day = TimeRange::of_day(day.date);
        periods.iter().any(|period| !day.intersection(period).is_empty())
    };
    days.iter().filter(touches).cloned().collect()
}

/// Capitalises a line and ends it with a full stop.
fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
