//! A schedule as it is meant: its report, its times, its destinations, all checked before anything runs.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use voxlake_lake::TimeRange;
use voxlake_query::Catalog;
use voxlake_report::{Period, ReportDefinition, ReportFormat};

use super::settings::ScheduleSettings;
use crate::clock;
use crate::config::{Recipient, Settings};
use crate::delivery::Destination;
use crate::exit::UsageError;
use crate::report::alert::Alert;
use crate::report::make::{Order, Parameters};
use crate::report::{catalog, period};

/// A schedule.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) definition: ReportDefinition,
    pub(crate) cron: Cron,
    pub(crate) zone: Tz,
    pub(crate) period: Period,
    pub(crate) parameters: Parameters,
    pub(crate) formats: Vec<ReportFormat>,
    pub(crate) sync: bool,
    pub(crate) wait: TimeDelta,
    pub(crate) catch_up: usize,
    pub(crate) since: Option<DateTime<Utc>>,
    pub(crate) skip_if_empty: bool,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) destinations: Vec<Destination>,
}

/// The schedules of the settings; no two of the same name.
pub(crate) fn plans(settings: &Settings, questions: &Catalog) -> anyhow::Result<Vec<Plan>> {
    let mut plans: Vec<Plan> = Vec::new();
    for (at, schedule) in (1..).zip(&settings.schedule) {
        let plan = plan(settings, questions, schedule).map_err(|error| {
            UsageError(format!(
                "schedule {at} ({:?}): {error}",
                schedule.name.as_ref().unwrap_or(&schedule.report)
            ))
        })?;
        if plans.iter().any(|other| other.name == plan.name) {
            return Err(UsageError(format!(
                "schedule {at}: there is one called {:?} before: give one of them a name of its own by name = \"…\"",
                plan.name
            ))
            .into());
        }
        plans.push(plan);
    }
    Ok(plans)
}

fn plan(settings: &Settings, questions: &Catalog, schedule: &ScheduleSettings) -> anyhow::Result<Plan> {
    let definition = catalog::find(&schedule.report, settings.reports.as_deref())?;
    catalog::check(&definition, questions)?;
    let zone = crate::commands::report::zone(settings, &definition, schedule.timezone.as_deref())?;
    let cron = Cron::from_str(&schedule.cron).map_err(|error| {
        UsageError(format!(
            "cron = {:?} is no cron expression ({error}): write minute, hour, day, month and weekday, such as \
             \"0 7 * * MON\" for Mondays at seven",
            schedule.cron
        ))
    })?;
    let formats = schedule.formats.iter().map(|name| {
        ReportFormat::named(name).ok_or_else(|| {
            let known = ReportFormat::ALL.map(ReportFormat::name).join(", ");
            UsageError(format!("formats: {name:?} is none; there are {known}"))
        })
    });
    let wait = humantime::parse_duration(&schedule.wait)
        .ok()
        .and_then(|wait| TimeDelta::from_std(wait).ok())
        .ok_or_else(|| UsageError(format!("wait = {:?} is no duration such as 30h", schedule.wait)))?;
    let period = schedule.period.as_deref().map_or_else(|| definition.period.clone(), Period::named);
    period::resolved(&period, clock::now(), zone)?;
    if schedule.catch_up == 0 {
        return Err(UsageError(
            "catch_up = 0 would make nothing: write how many missed runs to make".to_owned(),
        )
        .into());
    }
    if schedule.deliver.is_empty() {
        return Err(UsageError(
            "it goes nowhere: add [[schedule.deliver]] with folder, store, email or webhook".to_owned(),
        )
        .into());
    }
    if schedule.deliver.iter().any(|one| one.email.is_some()) {
        settings.check_recipient(Recipient::Mail)?;
    }
    if schedule.deliver.iter().any(|one| one.authorization.is_some()) {
        settings.check_recipient(Recipient::Webhook)?;
    }
    let destinations = destinations(settings, schedule)?;
    let parameters = schedule.parameters.iter();
    Ok(Plan {
        name: schedule.name.clone().unwrap_or_else(|| definition.name.clone()),
        cron,
        zone,
        period,
        parameters: parameters
            .flat_map(|(name, values)| values.iter().map(move |value| (name.clone(), value.clone())))
            .collect(),
        formats: formats.collect::<Result<_, _>>()?,
        sync: schedule.sync,
        wait,
        catch_up: schedule.catch_up,
        since: schedule
            .since
            .as_deref()
            .map(|text| crate::period::moment("since", text, zone))
            .transpose()?,
        skip_if_empty: schedule.skip_if_empty,
        alerts: schedule.alert.clone(),
        destinations,
        definition,
    })
}

/// The destinations of a schedule, none of them twice.
fn destinations(settings: &Settings, schedule: &ScheduleSettings) -> Result<Vec<Destination>, UsageError> {
    let mut all = Vec::new();
    for one in &schedule.deliver {
        all.extend(Destination::all_of(one, settings.mail.as_ref(), &settings.lake)?);
    }
    let mut ids = BTreeSet::new();
    match all.iter().find(|destination| !ids.insert(destination.id())) {
        None => Ok(all),
        Some(twice) => Err(UsageError(format!("two [[schedule.deliver]] are the same: {}", twice.told()))),
    }
}

impl Plan {
    /// When it is next due later than `after`; `None` where it never is again.
    pub(crate) fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false).ok()?.to_utc();
        (next > after).then_some(next)
    }

    /// The last times at which it was due later than `after` and not later than `until`, at most `most`, in order.
    pub(crate) fn last_times(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        most: usize,
    ) -> Vec<DateTime<Utc>> {
        let before = |at: DateTime<Utc>, inclusive: bool| {
            let at = at.with_timezone(&self.zone);
            self.cron.find_previous_occurrence(&at, inclusive).ok().map(|at| at.to_utc())
        };
        let mut times: Vec<DateTime<Utc>> =
            std::iter::successors(before(until, true), |last| before(*last, false).filter(|at| at < last))
                .take_while(|at| *at > after)
                .take(most)
                .collect();
        times.reverse();
        times
    }

    /// What is to be made when it is due at `due`.
    pub(crate) fn order(&self, due: DateTime<Utc>) -> Result<Order, UsageError> {
        Ok(self.order_of(period::resolved(&self.period, due, self.zone)?))
    }

    /// What is to be made of a period.
    pub(crate) fn order_of(&self, period: TimeRange) -> Order {
        Order {
            definition: self.definition.clone(),
            period,
            zone: self.zone,
            parameters: self.parameters.clone(),
            alerts: self.alerts.clone(),
        }
    }

    /// What a run is known by: the schedule, the report, its period and its parameters.
    pub(crate) fn key(&self, order: &Order) -> String {
        let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let parameters = order.parameters.iter().map(|(name, value)| format!(" {name}={value}"));
        format!(
            "{} {} {} {} {}{}",
            self.name,
            order.definition.name,
            moment(order.period.from),
            moment(order.period.to),
            self.zone.name(),
            parameters.collect::<String>()
        )
    }
}
