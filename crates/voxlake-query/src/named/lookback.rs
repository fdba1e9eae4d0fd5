//! Time that a query reads before its period, so that gaps there are reported too.

use std::collections::HashMap;

use chrono::TimeDelta;
use datafusion::common::ScalarValue;

use super::parameter::Parameter;

/// Time that a query reads before its period, in days of 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookback {
    /// A fixed number of days.
    Days(u16),
    /// The value of this parameter, a whole number with bounds.
    Parameter(String),
}

impl Lookback {
    /// Parses `1 day`, `3 days` or `$parameter days` with one of `parameters`.
    pub(super) fn parse(text: &str, parameters: &[Parameter]) -> Result<Self, String> {
        let number = text.strip_suffix(" days").or_else(|| text.strip_suffix(" day"));
        let Some(number) = number else {
            return Err(format!("{text:?} is no number of days such as 1 day or $days days"));
        };
        let Some(name) = number.strip_prefix('$') else {
            return number.parse().map(Self::Days).map_err(|_| format!("{number:?} is no number of days"));
        };
        match parameters.iter().find(|parameter| parameter.name == name) {
            // Only numbers have bounds. Without them, the number of days could exceed the calendar.
            Some(Parameter { bounds: Some(bounds), .. })
                if *bounds.start() >= 0 && *bounds.end() <= i64::from(u16::MAX) =>
            {
                Ok(Self::Parameter(name.to_owned()))
            }
            Some(_) => Err(format!("{name} has no bounds that days have, such as in 1..366")),
            None => Err(format!("there is no parameter {name}")),
        }
    }

    /// Time before the period with these parameter values.
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
