//! Conditions on calls as a configuration file or a command line states them.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::filter::FilterParameter;
use crate::filter_request::FilterRequest;

/// Conditions on calls, as text. A call has to match all conditions, and any one of the values of
/// each.
///
/// A list may be a text or a list of texts.
///
/// ```
/// use voxlake_fetch::FilterSettings;
///
/// let configured: FilterSettings =
///     serde_json::from_value(serde_json::json!({ "queue": "Billing", "direction": "inbound" }))?;
/// let mut own = FilterSettings::default();
/// own.queue_ids = vec!["q9".to_owned()];
///
/// let both = own.over(&configured);
/// assert!(both.queues.is_empty());
/// assert_eq!(both.direction.as_deref(), Some("inbound"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct FilterSettings {
    /// Direction of the call.
    pub direction: Option<String>,
    /// Distribution: `acd` (automatic call distribution) or `non_acd`.
    pub distribution: Option<String>,
    /// Call types.
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub types: Vec<String>,
    /// Detailed call types.
    #[serde(rename = "sub_type", deserialize_with = "one_or_many")]
    pub sub_types: Vec<String>,
    /// Types of the caller or callee number.
    #[serde(rename = "number_type", deserialize_with = "one_or_many")]
    pub number_types: Vec<String>,
    /// Names or ids of queues, or `none` for calls without a queue.
    #[serde(rename = "queue", deserialize_with = "one_or_many")]
    pub queues: Vec<String>,
    /// Ids of queues, used without lookup.
    #[serde(rename = "queue_id", deserialize_with = "one_or_many")]
    pub queue_ids: Vec<String>,
    /// Deprecated ids of queues (`queue_ids` of the API).
    #[serde(rename = "old_queue_id", deserialize_with = "one_or_many")]
    pub old_queue_ids: Vec<String>,
    /// Names or ids of agents.
    #[serde(rename = "agent", deserialize_with = "one_or_many")]
    pub agents: Vec<String>,
    /// User ids of agents, used without lookup.
    #[serde(rename = "agent_id", deserialize_with = "one_or_many")]
    pub agent_ids: Vec<String>,
    /// Team ids of agents.
    #[serde(rename = "team_id", deserialize_with = "one_or_many")]
    pub team_ids: Vec<String>,
    /// Team names of agents.
    #[serde(rename = "team", deserialize_with = "one_or_many")]
    pub teams: Vec<String>,
    /// Region ids of agents.
    #[serde(rename = "region_id", deserialize_with = "one_or_many")]
    pub region_ids: Vec<String>,
    /// Region names of agents.
    #[serde(rename = "region", deserialize_with = "one_or_many")]
    pub regions: Vec<String>,
    /// Two-letter codes of the country of the consumer, such as `DE`.
    #[serde(rename = "country", deserialize_with = "one_or_many")]
    pub countries: Vec<String>,
    /// Number of the consumer, such as `+12055550100`.
    pub consumer: Option<String>,
    /// Engagement id.
    pub engagement: Option<String>,
}

impl FilterSettings {
    /// Returns these conditions, and those of `settings` for parameters that these do not have.
    #[must_use]
    pub fn over(&self, settings: &Self) -> Self {
        let text = |own: &Option<String>, other: &Option<String>| own.clone().or_else(|| other.clone());
        let texts = |own: &[String], other: &[String]| if own.is_empty() { other } else { own }.to_vec();
        // Names and ids of queues, or of agents, are one condition.
        let has_queues = !self.queues.is_empty() || !self.queue_ids.is_empty();
        let has_agents = !self.agents.is_empty() || !self.agent_ids.is_empty();
        let pair = |has: bool, own: &[String], other: &[String]| if has { own } else { other }.to_vec();
        Self {
            direction: text(&self.direction, &settings.direction),
            distribution: text(&self.distribution, &settings.distribution),
            types: texts(&self.types, &settings.types),
            sub_types: texts(&self.sub_types, &settings.sub_types),
            number_types: texts(&self.number_types, &settings.number_types),
            queues: pair(has_queues, &self.queues, &settings.queues),
            queue_ids: pair(has_queues, &self.queue_ids, &settings.queue_ids),
            old_queue_ids: texts(&self.old_queue_ids, &settings.old_queue_ids),
            agents: pair(has_agents, &self.agents, &settings.agents),
            agent_ids: pair(has_agents, &self.agent_ids, &settings.agent_ids),
            team_ids: texts(&self.team_ids, &settings.team_ids),
            teams: texts(&self.teams, &settings.teams),
            region_ids: texts(&self.region_ids, &settings.region_ids),
            regions: texts(&self.regions, &settings.regions),
            countries: texts(&self.countries, &settings.countries),
            consumer: text(&self.consumer, &settings.consumer),
            engagement: text(&self.engagement, &settings.engagement),
        }
    }

    /// Returns whether there is no condition.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the conditions by parameter of the API, with the names to resolve.
    pub fn request(&self) -> FilterRequest {
        use FilterParameter as P;
        let one = |text: &Option<String>| text.clone().into_iter().collect::<Vec<_>>();
        let conditions = vec![
            (P::Direction, one(&self.direction)),
            (P::Distribution, one(&self.distribution)),
            (P::Types, self.types.clone()),
            (P::SubTypes, self.sub_types.clone()),
            (P::NumberTypes, self.number_types.clone()),
            (P::CcQueueIds, self.queue_ids.clone()),
            (P::QueueIds, self.old_queue_ids.clone()),
            (P::UserIds, self.agent_ids.clone()),
            (P::TeamIds, self.team_ids.clone()),
            (P::TeamNames, self.teams.clone()),
            (P::RegionIds, self.region_ids.clone()),
            (P::RegionNames, self.regions.clone()),
            (P::CountryIsoCodes, self.countries.clone()),
            (P::ConsumerNumber, one(&self.consumer)),
            (P::EngagementId, one(&self.engagement)),
        ];
        FilterRequest::new(conditions, self.queues.clone(), self.agents.clone())
    }
}

/// Deserializes a text or a list of texts.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text, or a list of texts")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            // An empty list would be no condition, and select all calls.
            if texts.is_empty() {
                Err(de::Error::custom("the list is empty: remove the key"))
            } else {
                Ok(texts)
            }
        }
    }
    deserializer.deserialize_any(OneOrMany)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_replace_settings() {
        let own = FilterSettings { queue_ids: vec!["q9".to_owned()], ..FilterSettings::default() };
        let configured = FilterSettings {
            queues: vec!["Billing".to_owned()],
            direction: Some("inbound".to_owned()),
            ..FilterSettings::default()
        };
        let both = own.over(&configured);
        assert_eq!((both.queues.len(), both.direction.as_deref()), (0, Some("inbound")));
        assert_eq!(FilterSettings::default().over(&configured), configured);
    }
}
