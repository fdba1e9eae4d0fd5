//! How far a lake's data of a period can be relied on, and what tells it from other data.

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::HumanCount;
use voxlake_lake::{DayFile, Fingerprint, Lake, TimeRange};
use voxlake_query::LakeSession;
use voxlake_report::Standing;

use crate::commands::query::gaps;

/// What of `period` the lake lacks or may still change, at `now`. What is yet to come is not missed.
pub(crate) async fn of(
    lake: &Lake,
    session: &LakeSession,
    period: TimeRange,
    now: DateTime<Utc>,
    settle: TimeDelta,
) -> anyhow::Result<Standing> {
    let past = TimeRange { to: period.to.min(now), ..period };
    let mut standing = Standing::default();
    if let Some(scope) = session.scope() {
        standing.remarks.push(sentence(&gaps::told_scope(scope)));
    }
    let missing = session.gaps(past).await?;
    standing.has_gaps = !missing.is_empty();
    standing.remarks.extend(gaps::told(&missing, past).iter().map(|line| sentence(line)));
    if now < period.to {
        standing.remarks.push("The period has not ended yet.".to_owned());
    }
    let days = days_of(session.days(), period);
    let footers = lake.footers(&days).await;
    let mut unsettled = TimeDelta::zero();
    for (day, footer) in days.iter().zip(footers) {
        let footer = footer?;
        let within = TimeRange::of_day(day.date).intersection(&past);
        let coverage = footer.coverage.of_scope(session.scope_id()).trusted_at(now);
        let waiting = coverage.unsettled(within, settle);
        unsettled += waiting.iter().map(|range| range.to - range.from).sum::<TimeDelta>();
        let lacking = coverage.gaps(within);
        unsettled -= lacking.iter().map(|range| range.to - range.from).sum::<TimeDelta>();
        standing.fetched_at =
            standing.fetched_at.max(footer.coverage.ranges().iter().map(|range| range.fetched_at).max());
    }
    if unsettled > TimeDelta::zero() {
        let length = match (unsettled.num_hours(), unsettled.num_minutes()) {
            (0, minutes) => format!("{} minutes", minutes.max(1)),
            (hours, _) if hours < 72 => format!("{hours} hours"),
            (hours, _) => format!("{} days", hours / 24),
        };
        standing.remarks.push(format!(
            "{length} of this period are not settled: they were fetched so soon after that calls may still be added or change."
        ));
    }
    match session.rejects(past).await? {
        0 => {}
        records => standing.remarks.push(format!(
            "{} {} of this time could not be read and {} not in the figures; `voxlake rejects list` says why.",
            HumanCount(records as u64),
            if records == 1 { "record" } else { "records" },
            if records == 1 { "is" } else { "are" },
        )),
    }
    standing.settled = now >= period.to && !standing.has_gaps && unsettled <= TimeDelta::zero();
    let newest = session.days().last().cloned().into_iter().collect::<Vec<_>>();
    standing.newest_call =
        lake.footers(&newest).await.into_iter().flatten().filter_map(|footer| footer.last_start).max();
    Ok(standing)
}

/// What tells the day files of a period from any others, without reading them.
pub(crate) fn data(days: &[DayFile], period: TimeRange) -> Fingerprint {
    Fingerprint::from_parts(days_of(days, period).iter().map(|day| day.fingerprint().to_string()))
}

fn days_of(days: &[DayFile], period: TimeRange) -> Vec<DayFile> {
    let touches = |day: &&DayFile| !TimeRange::of_day(day.date).intersection(&period).is_empty();
    days.iter().filter(touches).cloned().collect()
}

fn sentence(line: &str) -> String {
    let mut letters = line.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
