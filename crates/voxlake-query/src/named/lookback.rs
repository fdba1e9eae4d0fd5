//! How far before its period a question reads, so that a gap there is not passed over in silence.

use std::collections::HashMap;

use chrono::TimeDelta;
use datafusion::common::ScalarValue;

use super::Parameter;

/// How far before its period a question reads, in days of 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookback {
    /// As many days whatever is asked.
    Days(u16),
    /// As many days as this parameter says, a whole number with bounds.
    Parameter(String),
}

impl Lookback {
    /// Reads `1 day`, `3 days` or `$parameter days`; a parameter has to be one of `parameters`.
    pub(super) fn parse(text: &str, parameters: &[Parameter]) -> Result<Self, String> {
        let number = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day"));
        let Some(number) = number else {
            return Err(format!("{text:?} is no number of days such as 1 day or $days days"));
        };
        let Some(name) = number.strip_prefix('$') else {
            return number.parse().map(Self::Days).map_err(|_| format!("{number:?} is no number of days"));
        };
        match parameters.iter().find(|parameter| parameter.name == name) {
            // Only numbers have bounds; without them, there could be more days than the calendar has.
            Some(Parameter { bounds: Some(bounds), .. })
                if *bounds.start() >= 0 && *bounds.end() <= i64::from(u16::MAX) =>
            {
                Ok(Self::Parameter(name.to_owned()))
            }
            Some(_) => Err(format!("{name} has no bounds that days have, such as in 1..366")),
            None => Err(format!("there is no parameter {name}")),
        }
    }

    /// The time before the period with these values of the question's parameters.
    pub(super) fn with(&self, values: &HashMap<String, ScalarValue>) -> TimeDelta {
        let days = match self {
            Self::Days(days) => i64::from(*days),
            Self::Parameter(name) => match values.get(name) {
                Some(ScalarValue::Int64(Some(days))) => *days,
                _ => 0,
            },
        };
        TimeDelta::try_days(days).unwrap_or_default()
    }
}
