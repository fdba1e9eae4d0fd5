//! The endpoints of the API.

/// An endpoint of the API, by which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `/oauth/token`.
    Token,
    /// `/v2/contact_center/voice_calls`.
    VoiceCalls,
    /// `/v2/accounts/{accountId}/contact_center/voice_calls`.
    AccountVoiceCalls,
    /// Any other path.
    Other,
}

impl Endpoint {
    pub(crate) fn from_path(path: &str) -> Self {
        match path {
            "/oauth/token" => Self::Token,
            "/v2/contact_center/voice_calls" => Self::VoiceCalls,
            _ if path.starts_with("/v2/accounts/") && path.ends_with("/contact_center/voice_calls") => {
                Self::AccountVoiceCalls
            }
            _ => Self::Other,
        }
    }

    /// Returns the endpoint that requests are numbered by: both paths to the calls count as one.
    pub(crate) fn counted_as(self) -> Self {
        match self {
            Self::AccountVoiceCalls => Self::VoiceCalls,
            other => other,
        }
    }
}
