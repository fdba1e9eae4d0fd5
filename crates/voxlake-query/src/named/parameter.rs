//! Parameters of named queries and the conversion of their text to values.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;

use crate::entity::EntityKind;
use crate::error::QueryError;

/// Parameter that restricts a query to queues.
pub const QUEUE_PARAMETER: &str = "queue";

/// A parameter of a named query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Name; `$name` in the SQL.
    pub name: String,
    /// Type.
    pub kind: ParameterType,
    /// Default value as text; `None` if a value is required.
    pub default: Option<String>,
    /// Allowed texts; empty if all of the type are allowed.
    pub allowed: Vec<String>,
    /// Allowed whole numbers; `None` if all are allowed.
    pub bounds: Option<RangeInclusive<i64>>,
    /// Meaning.
    pub help: String,
}

/// Type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Instant in RFC 3339, or a date, which means its midnight in UTC. Bound as UTC timestamp in
    /// ms.
    Timestamp,
    /// IANA time zone, bound as text.
    TimeZone,
    /// Text.
    Text,
    /// Any number of texts, bound as a list of text. An empty default means an empty list.
    Texts,
    /// Any number of ids or names of one kind. A session binds the ids of all that match.
    Entities(EntityKind),
    /// 64-bit integer.
    Integer,
}

impl ParameterType {
    /// Type of this name in a header.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "timestamp" => Some(Self::Timestamp),
            "timezone" => Some(Self::TimeZone),
            "text" => Some(Self::Text),
            "texts" => Some(Self::Texts),
            "integer" => Some(Self::Integer),
            plural => EntityKind::from_plural(plural).map(Self::Entities),
        }
    }
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timestamp => "a time such as 2026-11-01 or 2026-11-01T06:00:00+01:00",
            Self::TimeZone => "an IANA time zone such as Europe/Berlin or UTC",
            Self::Text => "text",
            Self::Texts => "texts, each given by itself",
            Self::Entities(EntityKind::Country) => "names of countries, each given by itself",
            Self::Entities(kind) => {
                return write!(f, "ids or names of {}, each given by itself", kind.plural());
            }
            Self::Integer => "a whole number",
        })
    }
}

/// Parses any instant: a period may reach beyond the years that calls can have.
fn instant(text: &str) -> Option<DateTime<Utc>> {
    let midnight = || text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc()).or_else(midnight)
}

impl Parameter {
    /// Returns the kind of the ids or names that the parameter takes. A list of texts named
    /// [`QUEUE_PARAMETER`] takes those of queues, too.
    #[must_use]
    pub fn entity_kind(&self) -> Option<EntityKind> {
        match self.kind {
            ParameterType::Entities(kind) => Some(kind),
            ParameterType::Texts if self.name == QUEUE_PARAMETER => Some(EntityKind::Queue),
            _ => None,
        }
    }

    /// Value of the given texts, of which there is at least one.
    pub(super) fn value(&self, given: &[String]) -> Result<ScalarValue, QueryError> {
        if matches!(self.kind, ParameterType::Texts | ParameterType::Entities(_)) {
            let texts = given.iter().map(|text| self.read(text)).collect::<Result<Vec<_>, _>>()?;
            return Ok(ScalarValue::List(ScalarValue::new_list_nullable(&texts, &DataType::Utf8)));
        }
        match given {
            [text] => self.read(text),
            texts => Err(QueryError::BadParameter {
                parameter: self.name.clone(),
                value: texts.join(", "),
                allowed: format!("one value, {}", self.takes()),
            }),
        }
    }

    /// Value of the default; `None` if a value is required.
    pub(super) fn default_value(&self) -> Result<Option<ScalarValue>, QueryError> {
        match (&self.default, self.kind) {
            (None, _) => Ok(None),
            (Some(text), ParameterType::Texts | ParameterType::Entities(_)) if text.is_empty() => {
                self.value(&[]).map(Some)
            }
            (Some(text), _) => self.value(std::slice::from_ref(text)).map(Some),
        }
    }

    /// Value of one text.
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
            ParameterType::Text | ParameterType::Texts | ParameterType::Entities(_) => {
                Some(ScalarValue::Utf8(Some(text.to_owned())))
            }
            ParameterType::Integer => text
                .parse()
                .ok()
                .filter(|number| self.bounds.as_ref().is_none_or(|bounds| bounds.contains(number)))
                .map(|number| ScalarValue::Int64(Some(number))),
        }
        .ok_or_else(|| self.refuse(text))
    }

    fn refuse(&self, text: &str) -> QueryError {
        QueryError::BadParameter {
            parameter: self.name.clone(),
            value: text.to_owned(),
            allowed: self.takes(),
        }
    }

    /// Description of the allowed values.
    fn takes(&self) -> String {
        match (self.allowed.as_slice(), &self.bounds) {
            ([], Some(bounds)) => format!("{} from {} to {}", self.kind, bounds.start(), bounds.end()),
            ([], None) => self.kind.to_string(),
            ([only], _) => only.clone(),
            ([first @ .., last], _) => format!("{} or {last}", first.join(", ")),
        }
    }
}

/// Parameters of a query as text by name. Parameters of a list type can have several texts.
///
/// # Example
/// ```
/// use voxlake_query::Params;
///
/// let params = Params::new().with("from", "2026-11-01").with_item("queue", "Sales");
/// assert_eq!(params.get("queue"), ["Sales"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, Vec<String>>);

impl Params {
    /// No parameters, which means all defaults.
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

    /// Sets `name` to one text.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), vec![value.into()]);
        self
    }

    /// Adds a text to `name`.
    #[must_use]
    pub fn with_item(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.entry(name.into()).or_default().push(value.into());
        self
    }

    /// Texts of `name`; empty if it was not given.
    #[must_use]
    pub fn get(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Names of the given parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(given: I) -> Self {
        given.into_iter().fold(Self::new(), |params, (name, value)| params.with(name, value))
    }
}
