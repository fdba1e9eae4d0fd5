//! Filter parameters of the endpoint.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Filter parameter of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilterParameter {
    /// Kinds of call.
    Types,
    /// Detailed kinds of call.
    SubTypes,
    /// Distribution of the call by a queue (`acd`) or not.
    Distribution,
    /// Direction of the call.
    Direction,
    /// Number of the consumer.
    ConsumerNumber,
    /// Ids of agents.
    UserIds,
    /// Id of one engagement.
    EngagementId,
    /// Deprecated ids of queues, or `none`.
    QueueIds,
    /// Ids of queues, or `none` for calls without a queue.
    CcQueueIds,
    /// Two-letter codes of the consumer's country (ISO 3166-1).
    CountryIsoCodes,
    /// Kinds of the called or calling number.
    NumberTypes,
    /// Ids of agents' regions.
    RegionIds,
    /// Names of agents' regions.
    RegionNames,
    /// Ids of agents' teams.
    TeamIds,
    /// Names of agents' teams.
    TeamNames,
}

impl FilterParameter {
    /// All parameters, in their order.
    pub const ALL: [Self; 15] = [
        Self::Types,
        Self::SubTypes,
        Self::Distribution,
        Self::Direction,
        Self::ConsumerNumber,
        Self::UserIds,
        Self::EngagementId,
        Self::QueueIds,
        Self::CcQueueIds,
        Self::CountryIsoCodes,
        Self::NumberTypes,
        Self::RegionIds,
        Self::RegionNames,
        Self::TeamIds,
        Self::TeamNames,
    ];

    /// Value of queue parameters for calls without a queue.
    pub const NO_QUEUE: &'static str = "none";

    /// Returns the name of the parameter in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::SubTypes => "sub_types",
            Self::Distribution => "distribution",
            Self::Direction => "direction",
            Self::ConsumerNumber => "consumer_number",
            Self::UserIds => "user_ids",
            Self::EngagementId => "engagement_id",
            Self::QueueIds => "queue_ids",
            Self::CcQueueIds => "cc_queue_ids",
            Self::CountryIsoCodes => "country_iso_codes",
            Self::NumberTypes => "number_types",
            Self::RegionIds => "region_ids",
            Self::RegionNames => "region_names",
            Self::TeamIds => "team_ids",
            Self::TeamNames => "team_names",
        }
    }

    /// Returns the name of the parameter in messages.
    const fn label(self) -> &'static str {
        match self {
            Self::Types => "type",
            Self::SubTypes => "sub-type",
            Self::Distribution => "distribution",
            Self::Direction => "direction",
            Self::ConsumerNumber => "consumer",
            Self::UserIds => "agent id",
            Self::EngagementId => "engagement",
            Self::QueueIds => "old queue id",
            Self::CcQueueIds => "queue",
            Self::CountryIsoCodes => "country",
            Self::NumberTypes => "number type",
            Self::RegionIds => "region id",
            Self::RegionNames => "region",
            Self::TeamIds => "team id",
            Self::TeamNames => "team",
        }
    }

    /// Returns whether the parameter accepts several values, of which a call must match one.
    #[must_use]
    pub const fn is_list(self) -> bool {
        !matches!(self, Self::Distribution | Self::Direction | Self::ConsumerNumber | Self::EngagementId)
    }

    /// Returns all allowed values; `None` if they depend on the account.
    #[must_use]
    pub const fn known_values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Direction => Some(&["inbound", "outbound"]),
            Self::Distribution => Some(&["acd", "non_acd"]),
            Self::NumberTypes => Some(&["toll_free_number", "virtual_service_number", "byoc_number"]),
            Self::Types => Some(&[
                "external_call",
                "external_conference_call",
                "external_callback_call",
                "internal_call",
                "internal_conference_call",
                "internal_callback_call",
            ]),
            Self::SubTypes => Some(&[
                "external_warm_conference_call",
                "external_direct_conference_call",
                "external_warm_transfer_call",
                "external_direct_transfer_call",
                "internal_warm_conference_call",
                "internal_direct_conference_call",
                "internal_warm_transfer_call",
                "internal_direct_transfer_call",
                "flow_initiated_outgoing_call",
            ]),
            _ => None,
        }
    }
}

impl fmt::Display for FilterParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
