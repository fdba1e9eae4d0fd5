//! Plans of an account, and their limits.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// Plan of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AccountPlan {
    /// 5 requests a second, 15,000 a day.
    #[default]
    Pro,
    /// 10 requests a second, 30,000 a day.
    Business,
}

impl AccountPlan {
    /// All plans.
    pub const ALL: [Self; 2] = [Self::Pro, Self::Business];

    /// Returns the name of the plan in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::Business => "business",
        }
    }

    /// Returns a short description for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Pro => "5 requests a second, 15,000 a day",
            Self::Business => "10 requests a second, 30,000 a day",
        }
    }

    /// Returns the requests per second that the plan allows.
    pub(crate) fn requests_per_second(self) -> NonZeroU32 {
        match self {
            Self::Pro => const { NonZeroU32::new(5).unwrap() },
            Self::Business => const { NonZeroU32::new(10).unwrap() },
        }
    }

    /// Returns the requests per UTC day that the plan allows.
    pub(crate) fn requests_per_day(self) -> u64 {
        match self {
            Self::Pro => 15_000,
            Self::Business => 30_000,
        }
    }
}
