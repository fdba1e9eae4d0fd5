//! Plans of an account.

use super::limits::RateLimits;

/// Plan of a simulated account, which decides its rate limits.
///
/// ```
/// use voxlake_sim::{AccountPlan, RateLimits};
///
/// assert_eq!(AccountPlan::Pro.limits(), RateLimits::PRO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountPlan {
    /// Pro.
    Pro,
    /// Business and above.
    Business,
    /// No limits.
    Unlimited,
}

impl AccountPlan {
    /// Every plan, from the lowest limits to the highest.
    pub const ALL: [Self; 3] = [Self::Pro, Self::Business, Self::Unlimited];

    /// Returns the name of the plan, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::Business => "business",
            Self::Unlimited => "unlimited",
        }
    }

    /// Returns a short description for people.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Pro => "5 requests a second, 15,000 a day",
            Self::Business => "10 requests a second, 30,000 a day",
            Self::Unlimited => "No limits",
        }
    }

    /// Returns the rate limits of the plan.
    #[must_use]
    pub fn limits(self) -> RateLimits {
        match self {
            Self::Pro => RateLimits::PRO,
            Self::Business => RateLimits::BUSINESS,
            Self::Unlimited => RateLimits::default(),
        }
    }
}
