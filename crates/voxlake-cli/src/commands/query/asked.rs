//! A named question with what it is asked about: a period, a time zone, queues, parameters.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use voxlake_lake::TimeRange;
use voxlake_query::{Catalog, LakeSession, NamedQuery, ParameterType, Params, QueryError};

use crate::args::AboutArgs;
use crate::exit::UsageError;
use crate::period;

/// Parameters that have flags of their own.
pub(crate) const BY_FLAG: [&str; 3] = ["from", "to", "timezone"];
/// The parameter behind `--queue`.
pub(crate) const QUEUE: &str = "queue";

/// A named question, ready to be asked.
pub(crate) struct Asked<'a> {
    pub(crate) query: &'a NamedQuery,
    pub(crate) period: TimeRange,
    pub(crate) zone: Tz,
    /// Parameters beside period and time zone, by name.
    given: Vec<(&'a str, &'a str)>,
}

impl<'a> Asked<'a> {
    /// The question about a period, with no further parameters.
    pub(crate) fn new(query: &'a NamedQuery, period: TimeRange, zone: Tz) -> Self {
        Self { query, period, zone, given: Vec::new() }
    }

    /// The question about a period, with further parameters.
    pub(crate) fn with(
        query: &'a NamedQuery,
        period: TimeRange,
        zone: Tz,
        given: Vec<(&'a str, &'a str)>,
    ) -> Self {
        Self { query, period, zone, given }
    }

    /// The question as the command line asks it; without a period, about all days of the session.
    pub(crate) fn read(
        query: &'a NamedQuery,
        about: &'a AboutArgs,
        session: &LakeSession,
        now: DateTime<Utc>,
        zone: Tz,
    ) -> Result<Self, UsageError> {
        let period = period_of(about, session, now, zone)?;
        let params = about.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let given = params.chain(about.queues.iter().map(|queue| (QUEUE, queue.as_str()))).collect();
        Ok(Self { query, period, zone, given })
    }

    /// The parameters that the question takes of these, and all that were given by name.
    pub(crate) fn params(&self) -> Params {
        let TimeRange { from, to } = self.period;
        let own = Params::period(from, to).with("timezone", self.zone.name());
        let taken = BY_FLAG.into_iter().filter(|name| parameter(self.query, name).is_some());
        let taken = taken.flat_map(|name| own.get(name).iter().map(move |value| (name, value.as_str())));
        taken
            .chain(self.given.iter().copied())
            .fold(Params::new(), |params, (name, value)| params.with_item(name, value))
    }

    /// The time before the period that the question reads too; empty for most questions.
    pub(crate) fn before(&self) -> Result<TimeRange, QueryError> {
        let to = self.period.from;
        let from = to.checked_sub_signed(self.query.reads_before(&self.params())?);
        Ok(TimeRange { from: from.unwrap_or(DateTime::<Utc>::MIN_UTC), to })
    }

    /// What was asked, as a heading.
    pub(crate) fn heading(&self) -> String {
        format!(
            "{}: {}\n{}",
            self.query.name,
            self.query.title,
            period::shown(self.period.from, self.period.to, self.zone)
        )
    }
}

fn parameter<'a>(query: &'a NamedQuery, name: &str) -> Option<&'a ParameterType> {
    query.parameters.iter().find(|parameter| parameter.name == name).map(|parameter| &parameter.kind)
}

/// Whether a parameter of this type takes the values of `--queue`.
pub(crate) fn is_queue_choice(kind: ParameterType) -> bool {
    matches!(kind, ParameterType::Queues | ParameterType::Texts)
}

/// Refuses what is asked of a question that it does not take, or in another way than it takes it.
pub(crate) fn check(query: &NamedQuery, about: &AboutArgs, catalog: &Catalog) -> Result<(), UsageError> {
    if let Some((name, _)) = about.params.iter().find(|(name, _)| BY_FLAG.contains(&name.as_str())) {
        return Err(UsageError(format!(
            "give the period by --from, --to and --timezone, not by -p {name}=…"
        )));
    }
    let takes_queues = |query: &NamedQuery| parameter(query, QUEUE).copied().is_some_and(is_queue_choice);
    if !about.queues.is_empty() && !takes_queues(query) {
        let names = catalog.iter().filter(|query| takes_queues(query)).map(|query| query.name.as_str());
        let names = match names.collect::<Vec<_>>() {
            names if names.is_empty() => "no question does".to_owned(),
            names => format!("these do: {}", names.join(", ")),
        };
        return Err(UsageError(format!(
            "{} cannot be asked of single queues (--queue); {names}",
            query.name
        )));
    }
    let period = [&about.from, &about.to, &about.last, &about.month, &about.period];
    let has_period = ["from", "to"].iter().all(|name| parameter(query, name).is_some());
    if period.iter().any(|flag| flag.is_some()) && !has_period {
        return Err(UsageError(format!("{} is not asked about a period: leave it out", query.name)));
    }
    Ok(())
}

/// The period that was asked for; where it was not, the one from the lake's first day to its last.
fn period_of(
    about: &AboutArgs,
    session: &LakeSession,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<TimeRange, UsageError> {
    if let Some(text) = &about.last {
        return period::last(text, now, zone);
    }
    if let Some(text) = &about.month {
        return period::month(text, zone);
    }
    if let Some(text) = &about.period {
        return period::named(text, now, zone);
    }
    let whole = whole(session);
    let moment = |flag, text: &Option<String>, default| {
        text.as_deref().map_or(Ok(default), |text| period::moment(flag, text, zone))
    };
    Ok(TimeRange {
        from: moment("--from", &about.from, whole.from)?,
        to: moment("--to", &about.to, whole.to)?,
    })
}

/// From the first day of a session to the end of its last.
pub(crate) fn whole(session: &LakeSession) -> TimeRange {
    let midnight = |date: NaiveDate| date.and_time(Default::default()).and_utc();
    match session.days() {
        [] => TimeRange { from: DateTime::UNIX_EPOCH, to: DateTime::UNIX_EPOCH },
        days @ [first, ..] => TimeRange {
            from: midnight(first.date),
            to: midnight(days.last().map_or(first.date, |last| day_after(last.date))),
        },
    }
}

/// The next day; the calendar's last day has none, and no call is of that.
fn day_after(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(date)
}
