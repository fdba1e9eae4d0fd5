//! Named queries bound to a period, a time zone, queues and parameters.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use thiserror::Error;
use voxlake_lake::TimeRange;

use crate::period::{
    CalendarUnit, PeriodError, format_period, parse_last_by, parse_moment, parse_month, parse_named_period,
    parse_time_zone,
};
use crate::{
    EntityKind, LakeSession, NamedQuery, ParameterType, Params, QUEUE_PARAMETER, QueryError, QueryLibrary,
};

/// Parameters that the period and the time zone set.
pub const PERIOD_PARAMETERS: [&str; 3] = ["from", "to", "timezone"];

/// Arguments of a named query as text, as a user types them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryArguments {
    /// Start of the period.
    pub from: Option<String>,
    /// End of the period, not included.
    pub to: Option<String>,
    /// Length of a period that ends now, such as `7d`.
    pub last: Option<String>,
    /// Calendar month, such as `2026-10`.
    pub month: Option<String>,
    /// Name of a period, such as `last-week`.
    pub period: Option<String>,
    /// IANA time zone of days and hours, if it differs from the default.
    pub timezone: Option<String>,
    /// Queues, by name or id.
    pub queues: Vec<String>,
    /// Further parameters: names and values.
    pub parameters: Vec<(String, String)>,
}

/// Arguments that a named query does not take.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum QueryArgumentError {
    /// A parameter that the period or the time zone sets.
    #[error("{parameter} is set by the period and the time zone, not as a parameter")]
    PeriodParameter {
        /// Name of the parameter.
        parameter: String,
    },
    /// A query that cannot be restricted to queues.
    #[error("{query} cannot be restricted to queues; {}", list_alternatives(.alternatives))]
    NoQueues {
        /// Name of the query.
        query: String,
        /// Names of the queries that take queues.
        alternatives: Vec<String>,
    },
    /// A query without a period.
    #[error("{query} takes no period: leave it out")]
    NoPeriod {
        /// Name of the query.
        query: String,
    },
    /// Text that is not a period or a time zone.
    #[error(transparent)]
    Period(#[from] PeriodError),
}

fn list_alternatives(names: &[String]) -> String {
    if names.is_empty() { "no query can".to_owned() } else { format!("these can: {}", names.join(", ")) }
}

impl QueryArguments {
    /// Checks that `query` takes these arguments. `catalog` supplies alternatives for the error.
    ///
    /// # Errors
    /// [`QueryArgumentError`] for an argument that the query does not take.
    pub fn check(&self, query: &NamedQuery, catalog: &QueryLibrary) -> Result<(), QueryArgumentError> {
        let is_period = |name: &str| PERIOD_PARAMETERS.contains(&name);
        if let Some((name, _)) = self.parameters.iter().find(|(name, _)| is_period(name)) {
            return Err(QueryArgumentError::PeriodParameter { parameter: name.clone() });
        }
        if !self.queues.is_empty() && !takes_queues(query) {
            let takers = catalog.iter().filter(|query| takes_queues(query));
            return Err(QueryArgumentError::NoQueues {
                query: query.name.clone(),
                alternatives: takers.map(|query| query.name.clone()).collect(),
            });
        }
        let period = [&self.from, &self.to, &self.last, &self.month, &self.period];
        let takes_period = ["from", "to"].iter().all(|name| parameter_type(query, name).is_some());
        if period.iter().any(|text| text.is_some()) && !takes_period {
            return Err(QueryArgumentError::NoPeriod { query: query.name.clone() });
        }
        Ok(())
    }

    fn zone(&self, default: Tz) -> Result<Tz, PeriodError> {
        self.timezone.as_deref().map_or(Ok(default), |zone| parse_time_zone("timezone", zone))
    }

    /// Returns the period of the arguments; without one, all days of the session. `unit` is that of
    /// the rows.
    fn period(
        &self,
        session: &LakeSession,
        now: DateTime<Utc>,
        zone: Tz,
        unit: Option<CalendarUnit>,
    ) -> Result<TimeRange, PeriodError> {
        if let Some(text) = &self.last {
            return parse_last_by("last", text, now, zone, unit);
        }
        if let Some(text) = &self.month {
            return parse_month("month", text, zone);
        }
        if let Some(text) = &self.period {
            return parse_named_period("period", text, now, zone);
        }
        let all = all_days(session);
        let moment = |setting, text: &Option<String>, default| {
            text.as_deref().map_or(Ok(default), |text| parse_moment(setting, text, zone))
        };
        Ok(TimeRange { from: moment("from", &self.from, all.from)?, to: moment("to", &self.to, all.to)? })
    }
}

/// Returns whether a parameter of this type takes queues.
pub fn is_queue_type(kind: ParameterType) -> bool {
    matches!(kind, ParameterType::Entities(EntityKind::Queue) | ParameterType::Texts)
}

fn takes_queues(query: &NamedQuery) -> bool {
    parameter_type(query, QUEUE_PARAMETER).is_some_and(is_queue_type)
}

fn parameter_type(query: &NamedQuery, name: &str) -> Option<ParameterType> {
    query.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| parameter.kind)
}

/// A named query with its period, time zone and parameters.
///
/// ```
/// use voxlake_query::period::parse_named_period;
/// use voxlake_query::{BoundQuery, QueryLibrary};
/// # use voxlake_query::{LakeSession, SessionOptions};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// # let folder = tempfile::tempdir()?;
/// # let lake = voxlake_lake::Lake::create(folder.path().to_string_lossy().as_ref()).await?;
/// # let session = LakeSession::open(&lake, SessionOptions::default()).await?;
/// let (catalog, zone) = (QueryLibrary::shipped()?, chrono_tz::Europe::Berlin);
/// let period = parse_named_period("period", "2026-10", chrono::DateTime::UNIX_EPOCH, zone)?;
/// let query = BoundQuery::new(catalog.get("abandonment_rate")?, period, zone);
/// let answer = session.run(query.query, &query.params()).await?;
/// assert!(answer.schema().column_with_name("abandonment_rate").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BoundQuery<'a> {
    /// The query.
    pub query: &'a NamedQuery,
    /// The period.
    pub period: TimeRange,
    /// The time zone of days and hours.
    pub zone: Tz,
    /// Parameters other than period and time zone, by name.
    parameters: Vec<(&'a str, &'a str)>,
}

impl<'a> BoundQuery<'a> {
    /// Binds a query to a period, without further parameters.
    pub fn new(query: &'a NamedQuery, period: TimeRange, zone: Tz) -> Self {
        Self { query, period, zone, parameters: Vec::new() }
    }

    /// Adds parameters, by name.
    #[must_use]
    pub fn with_parameters(mut self, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Binds a query to the arguments of a user; without a period, to all days of the session.
    /// `zone` is the default time zone.
    ///
    /// # Errors
    /// [`QueryArgumentError`] for text that is not a period or a time zone.
    pub fn parse(
        query: &'a NamedQuery,
        arguments: &'a QueryArguments,
        session: &LakeSession,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Self, QueryArgumentError> {
        let zone = arguments.zone(zone)?;
        let parameters = arguments.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let queues = arguments.queues.iter().map(|queue| (QUEUE_PARAMETER, queue.as_str()));
        let mut bound = Self::new(query, all_days(session), zone).with_parameters(parameters.chain(queues));
        let unit = bound.calendar_grouping().map(|(_, unit)| unit);
        bound.period = arguments.period(session, now, zone, unit)?;
        Ok(bound)
    }

    /// Returns the parameter values: those of the period that the query takes, and all others.
    pub fn params(&self) -> Params {
        let TimeRange { from, to } = self.period;
        let own = Params::period(from, to).with("timezone", self.zone.name());
        let taken = PERIOD_PARAMETERS.into_iter().filter(|name| parameter_type(self.query, name).is_some());
        let taken = taken.flat_map(|name| own.get(name).iter().map(move |value| (name, value.as_str())));
        taken
            .chain(self.parameters.iter().copied())
            .fold(Params::new(), |params, (name, value)| params.with_item(name, value))
    }

    /// Returns the value of a parameter that takes one value: the given one, or else its default.
    pub(crate) fn parameter_value(&self, name: &str) -> Option<&str> {
        let given = self.parameters.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| *value);
        let parameter = || self.query.parameters.iter().find(|parameter| parameter.name == name);
        given.or_else(|| parameter()?.default.as_deref())
    }

    /// Returns the names of the parameters that were given, other than period and time zone.
    pub(crate) fn given_parameters(&self) -> impl Iterator<Item = &'a str> {
        self.parameters.iter().map(|(name, _)| *name)
    }

    /// Returns the time before the period that the query also reads; empty for most queries.
    ///
    /// # Errors
    /// As [`NamedQuery::reads_before`].
    pub fn lookback(&self) -> Result<TimeRange, QueryError> {
        let to = self.period.from;
        let from = to.checked_sub_signed(self.query.reads_before(&self.params())?);
        Ok(TimeRange { from: from.unwrap_or(DateTime::<Utc>::MIN_UTC), to })
    }

    /// Returns a heading with the name, the title and the period.
    pub fn heading(&self) -> String {
        format!(
            "{}: {}\n{}",
            self.query.name,
            self.query.title,
            format_period(self.period.from, self.period.to, self.zone)
        )
    }
}

/// Returns the range from the first day of a session to the end of its last.
pub fn all_days(session: &LakeSession) -> TimeRange {
    let midnight = |date: NaiveDate| date.and_time(Default::default()).and_utc();
    match session.days() {
        [] => TimeRange { from: DateTime::UNIX_EPOCH, to: DateTime::UNIX_EPOCH },
        days @ [first, ..] => TimeRange {
            from: midnight(first.date),
            to: midnight(days.last().map_or(first.date, |last| day_after(last.date))),
        },
    }
}

/// Returns the next day. The last day of the calendar has none, and no call is on it.
fn day_after(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(date)
}
