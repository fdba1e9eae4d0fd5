//! Parameters of the suite: a call, a day and a month from the middle of a lake, so that the same
//! lake always gets the same queries.

use chrono::{DateTime, Datelike as _, Months, NaiveDate, SecondsFormat, Utc};
use datafusion::arrow::util::display::array_value_to_string;
use voxlake_lake::TimeRange;

use super::error::BenchmarkError;
use crate::{LakeSession, NamedQuery, Params};

/// Values of the suite's parameters.
pub(super) struct Subject {
    pub(super) day: TimeRange,
    /// Calendar month of the day, in UTC.
    pub(super) month: TimeRange,
    /// Call whose id is the median of the day's ids, which no order of files or ids favours.
    engagement: String,
    /// Most frequent number of the month in international form; empty if no call has one.
    consumer: String,
}

impl Subject {
    /// Selects the first day with calls, from the middle of the lake's days.
    pub(super) async fn find(session: &LakeSession) -> Result<Self, BenchmarkError> {
        let (before, after) = session.days().split_at(session.days().len() / 2);
        for file in after.iter().chain(before) {
            let day = TimeRange::of_day(file.date);
            let sql = format!(
                "SELECT engagement_id FROM (
                    SELECT engagement_id, row_number() OVER (ORDER BY engagement_id) AS place, count(*) OVER () AS calls
                    FROM voice_calls WHERE {}
                ) AS numbered WHERE place = (calls + 1) / 2",
                predicate(day)
            );
            if let Some(engagement) = first_text(session, &sql).await? {
                let month = month_of(file.date);
                let sql = format!(
                    "SELECT consumer_number FROM voice_calls WHERE starts_with(consumer_number, '+') AND {}
                    GROUP BY consumer_number ORDER BY count(*) DESC, consumer_number LIMIT 1",
                    predicate(month)
                );
                let consumer = first_text(session, &sql).await?.unwrap_or_default();
                return Ok(Self { day, month, engagement, consumer });
            }
        }
        Err(BenchmarkError::NoCalls)
    }

    /// Returns the value of each parameter, by name.
    pub(super) fn values(&self) -> [(&'static str, String); 6] {
        let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        [
            ("engagement", self.engagement.clone()),
            ("consumer", self.consumer.clone()),
            ("day_from", moment(self.day.from)),
            ("day_to", moment(self.day.to)),
            ("month_from", moment(self.month.from)),
            ("month_to", moment(self.month.to)),
        ]
    }

    /// Returns the values that a query takes.
    pub(super) fn params(&self, query: &NamedQuery) -> Params {
        let takes = |name: &str| query.parameters.iter().any(|parameter| parameter.name == name);
        let taken = self.values().into_iter().filter(|(name, _)| takes(name));
        taken.fold(Params::new(), |params, (name, value)| params.with(name, value))
    }
}

fn predicate(range: TimeRange) -> String {
    format!("start_time >= '{}' AND start_time < '{}'", range.from.to_rfc3339(), range.to.to_rfc3339())
}

fn month_of(date: NaiveDate) -> TimeRange {
    let first = TimeRange::of_day(date.with_day(1).unwrap_or(date)).from;
    TimeRange { from: first, to: first.checked_add_months(Months::new(1)).unwrap_or(first) }
}

/// Returns the first value of an answer, if it has a row.
async fn first_text(session: &LakeSession, sql: &str) -> Result<Option<String>, BenchmarkError> {
    let batches = session.sql(sql).await?.collect().await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    let value = first.map(|batch| array_value_to_string(batch.column(0), 0)).transpose();
    value.map_err(|error| BenchmarkError::Encoding(error.into()))
}
