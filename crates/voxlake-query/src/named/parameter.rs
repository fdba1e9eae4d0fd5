//! The parameters of a named query, and the way from their text to a value.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use datafusion::common::ScalarValue;

use crate::error::QueryError;

/// What the asker of a named query chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name; `$name` in the SQL.
    pub name: String,
    /// How its text is read.
    pub kind: ParameterType,
    /// The text that stands for no text; none: a value must be given.
    pub default: Option<String>,
    /// The only texts that it takes; empty: any of its type.
    pub allowed: Vec<String>,
    /// What it means.
    pub help: String,
}

/// How the text of a parameter is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// An instant, as RFC 3339 or a bare date, which means its midnight in UTC; bound in ms, UTC.
    Timestamp,
    /// A name of the IANA time zone database; bound as text.
    TimeZone,
    /// Any text.
    Text,
    /// A whole number of 64 bits.
    Integer,
}

impl ParameterType {
    /// The type of this name in a header.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "timestamp" => Some(Self::Timestamp),
            "timezone" => Some(Self::TimeZone),
            "text" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            _ => None,
        }
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timestamp => "a time such as 2026-11-01 or 2026-11-01T06:00:00+01:00",
            Self::TimeZone => "an IANA time zone such as Europe/Berlin or UTC",
            Self::Text => "text",
            Self::Integer => "a whole number",
        })
    }
}

/// Any instant there is: a period may reach beyond the years that calls can be of.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let midnight = || text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc()).or_else(midnight)
}

impl Parameter {
    /// The value that `text` gives this parameter.
    pub(super) fn read(&self, text: &str) -> Result<ScalarValue, QueryError> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| allowed == text) {
            return Err(self.refuse(text));
        }
        match self.kind {
            ParameterType::Timestamp => instant(text).map(|instant| {
                ScalarValue::TimestampMillisecond(Some(instant.timestamp_millis()), Some("UTC".into()))
            }),
            ParameterType::TimeZone => {
                text.parse::<chrono_tz::Tz>().ok().map(|zone| ScalarValue::Utf8(Some(zone.name().to_owned())))
            }
            ParameterType::Text => Some(ScalarValue::Utf8(Some(text.to_owned()))),
            ParameterType::Integer => text.parse().ok().map(|number| ScalarValue::Int64(Some(number))),
        }
        .ok_or_else(|| self.refuse(text))
    }

    fn refuse(&self, text: &str) -> QueryError {
        let allowed = match self.allowed.as_slice() {
            [] => self.kind.to_string(),
            [only] => only.clone(),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
        };
        QueryError::BadParameter { parameter: self.name.clone(), value: text.to_owned(), allowed }
    }
}

/// The parameters that an asker gives, as text by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// No parameters: all defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The period `[from, to)`.
    #[must_use]
    pub fn period(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let text = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Millis, true);
        Self::new().with("from", text(from)).with("to", text(to))
    }

    /// These parameters and `name`; a value it had is replaced.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The text given for `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names that were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(given: I) -> Self {
        Self(given.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
