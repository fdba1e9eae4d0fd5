//! Filter options of the command line and of `[sync.filter]`.

use std::fmt;

use clap::builder::PossibleValuesParser;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use voxlake_fetch::FilterParameter;

use super::{ApiArgs, LakeArgs, QuotaArgs};

/// Filters of calls. A call has to match all options, and any one of the values of an option. Ids
/// may begin with a hyphen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[command(next_help_heading = "Filters")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilterArgs {
    /// Direction of the call
    #[arg(long, value_name = "DIRECTION", value_parser = values(FilterParameter::Direction))]
    pub(crate) direction: Option<String>,
    /// Distribution: acd (automatic call distribution) or non_acd
    #[arg(long, value_name = "KIND", value_parser = values(FilterParameter::Distribution))]
    pub(crate) distribution: Option<String>,
    /// Call types, comma-separated
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::Types))]
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub(crate) types: Vec<String>,
    /// Detailed call types, comma-separated
    #[arg(long = "sub-type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::SubTypes))]
    #[serde(rename = "sub_type", deserialize_with = "one_or_many")]
    pub(crate) sub_types: Vec<String>,
    /// Types of the caller or callee number, comma-separated
    #[arg(long = "number-type", value_name = "KIND", value_delimiter = ',', value_parser = values(FilterParameter::NumberTypes))]
    #[serde(rename = "number_type", deserialize_with = "one_or_many")]
    pub(crate) number_types: Vec<String>,
    /// Queue name or id, or none for calls without a queue; repeatable
    #[arg(long = "queue", allow_hyphen_values = true, value_name = "NAME|ID|none")]
    #[serde(rename = "queue", deserialize_with = "one_or_many")]
    pub(crate) queues: Vec<String>,
    /// Queue id, used without lookup; repeatable
    #[arg(long = "queue-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "queue_id", deserialize_with = "one_or_many")]
    pub(crate) queue_ids: Vec<String>,
    /// Deprecated queue id (queue_ids); repeatable
    #[arg(long = "old-queue-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "old_queue_id", deserialize_with = "one_or_many")]
    pub(crate) old_queue_ids: Vec<String>,
    /// Agent name or id; repeatable
    #[arg(long = "agent", allow_hyphen_values = true, value_name = "NAME|ID")]
    #[serde(rename = "agent", deserialize_with = "one_or_many")]
    pub(crate) agents: Vec<String>,
    /// User id of an agent, used without lookup; repeatable
    #[arg(long = "agent-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "agent_id", deserialize_with = "one_or_many")]
    pub(crate) agent_ids: Vec<String>,
    /// Team id of an agent; repeatable
    #[arg(long = "team-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "team_id", deserialize_with = "one_or_many")]
    pub(crate) team_ids: Vec<String>,
    /// Team name of an agent; repeatable
    #[arg(long = "team", value_name = "NAME")]
    #[serde(rename = "team", deserialize_with = "one_or_many")]
    pub(crate) teams: Vec<String>,
    /// Region id of an agent; repeatable
    #[arg(long = "region-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "region_id", deserialize_with = "one_or_many")]
    pub(crate) region_ids: Vec<String>,
    /// Region name of an agent; repeatable
    #[arg(long = "region", value_name = "NAME")]
    #[serde(rename = "region", deserialize_with = "one_or_many")]
    pub(crate) regions: Vec<String>,
    /// Two-letter codes of the country of the consumer, such as DE, comma-separated
    #[arg(long = "country", value_name = "CODE", value_delimiter = ',')]
    #[serde(rename = "country", deserialize_with = "one_or_many")]
    pub(crate) countries: Vec<String>,
    /// Number of the consumer, such as +12055550100
    #[arg(long, value_name = "NUMBER")]
    pub(crate) consumer: Option<String>,
    /// Engagement id
    #[arg(long, allow_hyphen_values = true, value_name = "ID")]
    pub(crate) engagement: Option<String>,
}

/// Returns a parser for the values that the API accepts.
fn values(parameter: FilterParameter) -> PossibleValuesParser {
    PossibleValuesParser::new(parameter.known_values().unwrap_or_default())
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

/// Widen the scope of a lake that holds only some calls.
///
/// Fetches, for settled ranges, the calls that the wider scope adds. If only one list grew, only
/// the calls of its new values are fetched. `voxlake sync` with the same filters fetches the
/// unsettled ranges. A scope cannot be narrowed: make another lake.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake sync --queue Billing                    a lake of the calls of one queue
  voxlake rescope --queue Billing --queue Claims  add another queue
  voxlake rescope --all                           add all other calls

An interrupted run is continued by the same command. Change [sync.filter] in voxlake.toml to the same filters.")]
pub(crate) struct RescopeArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// Widen the scope to all calls
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) api: ApiArgs,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) quota: QuotaArgs,
}
