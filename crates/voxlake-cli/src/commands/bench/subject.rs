//! What the suite's questions are about: a call, a day and a month from the middle of a lake, found in the lake itself
//! so that the same lake is always asked the same.

use arrow::util::display::array_value_to_string;
use chrono::{DateTime, Datelike as _, Months, NaiveDate, SecondsFormat, Utc};
use voxlake_lake::TimeRange;
use voxlake_query::{LakeSession, NamedQuery, Params};

use crate::exit::UsageError;

/// The values of the suite's parameters.
pub(super) struct Subject {
    pub(super) day: TimeRange,
    /// The calendar month of the day, in UTC.
    pub(super) month: TimeRange,
    /// The call whose id stands in the middle of the day's: one that no order of files or ids favours.
    engagement: String,
    /// The number in international form that calls most often in the month; empty where there is none.
    consumer: String,
}

impl Subject {
    /// Looks from the middle of the lake's days for one with calls.
    pub(super) async fn find(session: &LakeSession) -> anyhow::Result<Self> {
        let (before, after) = session.days().split_at(session.days().len() / 2);
        for file in after.iter().chain(before) {
            let day = TimeRange::of_day(file.date);
            let sql = format!(
                "SELECT engagement_id FROM (
                    SELECT engagement_id, row_number() OVER (ORDER BY engagement_id) AS place, count(*) OVER () AS calls
                    FROM voice_calls WHERE {}
                ) AS numbered WHERE place = (calls + 1) / 2",
                within(day)
            );
            if let Some(engagement) = text(session, &sql).await? {
                let month = month_of(file.date);
                let sql = format!(
                    "SELECT consumer_number FROM voice_calls WHERE starts_with(consumer_number, '+') AND {}
                    GROUP BY consumer_number ORDER BY count(*) DESC, consumer_number LIMIT 1",
                    within(month)
                );
                let consumer = text(session, &sql).await?.unwrap_or_default();
                return Ok(Self { day, month, engagement, consumer });
            }
        }
        Err(UsageError("the lake has no calls to ask about".to_owned()).into())
    }

    /// The value of each parameter, by name.
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

    /// The values that a question takes.
    pub(super) fn params(&self, question: &NamedQuery) -> Params {
        let takes = |name: &str| question.parameters.iter().any(|parameter| parameter.name == name);
        let taken = self.values().into_iter().filter(|(name, _)| takes(name));
        taken.fold(Params::new(), |params, (name, value)| params.with(name, value))
    }
}

fn within(range: TimeRange) -> String {
    format!("start_time >= '{}' AND start_time < '{}'", range.from.to_rfc3339(), range.to.to_rfc3339())
}

fn month_of(date: NaiveDate) -> TimeRange {
    let first = TimeRange::of_day(date.with_day(1).unwrap_or(date)).from;
    TimeRange { from: first, to: first.checked_add_months(Months::new(1)).unwrap_or(first) }
}

/// The one text of an answer; none where it has no row.
async fn text(session: &LakeSession, sql: &str) -> anyhow::Result<Option<String>> {
    let batches = session.sql(sql).await?.collect().await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    Ok(first.map(|batch| array_value_to_string(batch.column(0), 0)).transpose()?)
}
