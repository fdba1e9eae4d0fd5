//! Schedules: their reports, times and destinations, checked before anything runs.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr as _;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use voxlake_lake::TimeRange;
use voxlake_query::QueryLibrary;
use voxlake_query::period::{Comparison, parse_moment};
use voxlake_report::{Period, ReportDefinition, ReportFormat};

use crate::config::ScheduleConfig;
use crate::delivery::{Destination, MailConfig};
use crate::environment::Environment;
use crate::error::{ScheduleError, invalid};
use crate::report::alert::Alert;
use crate::report::build::{Parameters, ReportRequest};
use crate::report::catalog::{check_report, find_report};
use crate::report::period::{report_zone, resolve_period};

/// Lake, queries and settings that schedules refer to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ScheduleContext<'a> {
    /// Folder or URL of the lake.
    pub lake: &'a str,
    /// Named queries.
    pub queries: &'a QueryLibrary,
    /// Variables with the credentials of object stores.
    pub environment: &'a Environment,
    /// Folder of the user's reports. Default: none.
    pub reports: Option<&'a Path>,
    /// Mail server. Default: none.
    pub mail: Option<&'a MailConfig>,
    /// Time zone of schedules and reports without one. Default: UTC.
    pub zone: Tz,
    /// Current time.
    pub now: DateTime<Utc>,
}

impl<'a> ScheduleContext<'a> {
    /// Creates a context with the defaults of the other fields.
    #[must_use]
    pub fn new(
        lake: &'a str,
        queries: &'a QueryLibrary,
        environment: &'a Environment,
        now: DateTime<Utc>,
    ) -> Self {
        Self { lake, queries, environment, reports: None, mail: None, zone: Tz::UTC, now }
    }
}

/// A schedule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Schedule {
    /// Name.
    pub name: String,
    /// Definition of the report.
    pub definition: ReportDefinition,
    /// Times at which it is due, in `zone`.
    pub cron: Cron,
    /// Time zone of the times and of the report.
    pub zone: Tz,
    /// Period of the report.
    pub period: Period,
    /// Comparison of the report; `None`: that of its definition.
    pub comparison: Option<Comparison>,
    /// Parameters of the report.
    pub parameters: Parameters,
    /// Formats of the report.
    pub formats: Vec<ReportFormat>,
    /// True if the lake is synced first.
    pub sync: bool,
    /// Maximum time for which a due report waits for its period to be settled.
    pub wait: TimeDelta,
    /// Maximum number of missed runs that are caught up.
    pub catch_up: usize,
    /// Time from which runs are due, if it is configured.
    pub since: Option<DateTime<Utc>>,
    /// True if a report without rows is not delivered.
    pub skip_if_empty: bool,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Destinations.
    pub destinations: Vec<Destination>,
}

/// Parses the schedules of a configuration. No two may have the same name.
///
/// # Errors
/// [`ScheduleError::Invalid`] with the number and name of the schedule at fault.
pub fn parse_schedules(
    configs: &[ScheduleConfig],
    context: &ScheduleContext<'_>,
) -> Result<Vec<Schedule>, ScheduleError> {
    let mut schedules: Vec<Schedule> = Vec::new();
    for (number, config) in (1..).zip(configs) {
        let schedule = Schedule::parse(config, context).map_err(|error| {
            let name = config.name.as_ref().unwrap_or(&config.report);
            invalid(format!("schedule {number} ({name:?}): {error}"))
        })?;
        if schedules.iter().any(|other| other.name == schedule.name) {
            return Err(invalid(format!(
                "schedule {number}: an earlier schedule has the name {:?}: set name = \"…\" in one of them",
                schedule.name
            )));
        }
        schedules.push(schedule);
    }
    Ok(schedules)
}

/// Returns the schedule with this name.
///
/// # Errors
/// [`ScheduleError::Invalid`] for an unknown name. Its text lists the names.
pub fn find_schedule<'a>(schedules: &'a [Schedule], name: &str) -> Result<&'a Schedule, ScheduleError> {
    schedules.iter().find(|schedule| schedule.name == name).ok_or_else(|| {
        let names = schedules.iter().map(|schedule| schedule.name.as_str()).collect::<Vec<_>>().join(", ");
        invalid(format!("there is no schedule {name:?}; there is {names}"))
    })
}

impl Schedule {
    fn parse(config: &ScheduleConfig, context: &ScheduleContext<'_>) -> Result<Self, ScheduleError> {
        let definition = find_report(&config.report, context.reports)?;
        check_report(&definition, context.queries, context.now)?;
        let zone = report_zone(&definition, config.timezone.as_deref(), context.zone)?;
        let cron = parse_cron(&config.cron)?;
        let formats = config.formats.iter().map(|name| parse_format(name)).collect::<Result<_, _>>()?;
        let wait = parse_wait(&config.wait)?;
        let period = config.period.as_deref().map_or_else(|| definition.period.clone(), Period::parse);
        resolve_period(&period, context.now, zone)?;
        let comparison = config.compare.as_deref().map(|name| Comparison::parse("compare", name));
        if config.catch_up == 0 {
            return Err(invalid(
                "catch_up = 0 would run nothing: write the number of missed runs to catch up",
            ));
        }
        let destinations = parse_destinations(config, context)?;
        let parameters = config
            .parameters
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name.clone(), value.clone())));
        Ok(Self {
            name: config.name.clone().unwrap_or_else(|| definition.name.clone()),
            cron,
            zone,
            period,
            comparison: comparison.transpose()?,
            parameters: parameters.collect(),
            formats,
            sync: config.sync,
            wait,
            catch_up: config.catch_up,
            since: config.since.as_deref().map(|text| parse_moment("since", text, zone)).transpose()?,
            skip_if_empty: config.skip_if_empty,
            alerts: config.alert.clone(),
            destinations,
            definition,
        })
    }

    /// Returns the first time after `after` at which it is due.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self.cron.find_next_occurrence(&after.with_timezone(&self.zone), false).ok()?.to_utc();
        (next > after).then_some(next)
    }

    /// Returns the last time up to `now` at which it was due, else `now`.
    pub fn last_until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.last_times(DateTime::UNIX_EPOCH, now, 1).pop().unwrap_or(now)
    }

    /// Returns the last `limit` times after `after` and up to `until` at which it was due, in
    /// order.
    pub(crate) fn last_times(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<DateTime<Utc>> {
        let before = |at: DateTime<Utc>, inclusive: bool| {
            let at = at.with_timezone(&self.zone);
            self.cron.find_previous_occurrence(&at, inclusive).ok().map(|at| at.to_utc())
        };
        let mut times: Vec<DateTime<Utc>> =
            std::iter::successors(before(until, true), |last| before(*last, false).filter(|at| at < last))
                .take_while(|at| *at > after)
                .take(limit)
                .collect();
        times.reverse();
        times
    }

    /// Returns the period of the report that is due at `due_at`.
    ///
    /// # Errors
    /// As [`resolve_period`].
    pub fn period_at(&self, due_at: DateTime<Utc>) -> Result<TimeRange, ScheduleError> {
        resolve_period(&self.period, due_at, self.zone)
    }

    /// Returns the report for a period.
    pub fn request(&self, period: TimeRange) -> ReportRequest {
        ReportRequest::new(self.definition.clone(), period, self.zone)
            .with_parameters(self.parameters.clone())
            .with_alerts(self.alerts.clone())
            .with_comparison(self.comparison)
    }

    /// Returns the key of a run in the ledger: the schedule, the report, its period and its
    /// parameters.
    pub(crate) fn key(&self, request: &ReportRequest) -> String {
        let moment = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let parameters = request.parameters.iter().map(|(name, value)| format!(" {name}={value}"));
        format!(
            "{} {} {} {} {}{}",
            self.name,
            request.definition.name,
            moment(request.period.from),
            moment(request.period.to),
            self.zone.name(),
            parameters.collect::<String>()
        )
    }
}

fn parse_cron(text: &str) -> Result<Cron, ScheduleError> {
    Cron::from_str(text).map_err(|error| {
        invalid(format!(
            "cron = {text:?} is not a cron expression ({error}): write minute, hour, day, month and weekday, such as \
             \"0 7 * * MON\" for Mondays at seven"
        ))
    })
}

fn parse_format(name: &str) -> Result<ReportFormat, ScheduleError> {
    ReportFormat::from_name(name).ok_or_else(|| {
        let known = ReportFormat::ALL.map(ReportFormat::name).join(", ");
        invalid(format!("unknown format {name:?} in formats; known formats are {known}"))
    })
}

fn parse_wait(text: &str) -> Result<TimeDelta, ScheduleError> {
    humantime::parse_duration(text)
        .ok()
        .and_then(|wait| TimeDelta::from_std(wait).ok())
        .ok_or_else(|| invalid(format!("wait = {text:?} is not a duration such as 30h")))
}

/// Parses the destinations of a schedule. None may occur twice.
fn parse_destinations(
    config: &ScheduleConfig,
    context: &ScheduleContext<'_>,
) -> Result<Vec<Destination>, ScheduleError> {
    if config.deliver.is_empty() {
        return Err(invalid("no destination: add [[schedule.deliver]] with folder, store, email or webhook"));
    }
    let mut destinations = Vec::new();
    for one in &config.deliver {
        destinations.extend(Destination::parse(one, context.mail, context.lake, context.environment)?);
    }
    let mut ids = BTreeSet::new();
    match destinations.iter().find(|destination| !ids.insert(destination.id())) {
        None => Ok(destinations),
        Some(twice) => Err(invalid(format!(
            "two [[schedule.deliver]] tables have the same destination: {}",
            twice.describe()
        ))),
    }
}
