//! Conditions on calls that the API evaluates, as they are typed or configured.

use clap::builder::PossibleValuesParser;
use serde::{Deserialize, Deserializer, Serialize};
use voxlake_fetch::FilterParameter;

use super::{ApiArgs, LakeArgs, QuotaArgs};

/// Conditions on calls. Ids may begin with a hyphen. Those of different options all have to hold; of the values of one option, one has to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
#[command(next_help_heading = "Only calls")]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilterArgs {
    /// In this direction
    #[arg(long, value_name = "DIRECTION", value_parser = values(FilterParameter::Direction))]
    pub(crate) direction: Option<String>,
    /// Handled by a queue's distributor (acd), or not (non_acd)
    #[arg(long, value_name = "KIND", value_parser = values(FilterParameter::Distribution))]
    pub(crate) distribution: Option<String>,
    /// Of these kinds
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::Types))]
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub(crate) types: Vec<String>,
    /// Of these detailed kinds
    #[arg(long = "sub-type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::SubTypes))]
    #[serde(rename = "sub_type", deserialize_with = "one_or_many")]
    pub(crate) sub_types: Vec<String>,
    /// At or from numbers of these kinds
    #[arg(long = "number-type", value_name = "KIND", value_delimiter = ',', value_parser = values(FilterParameter::NumberTypes))]
    #[serde(rename = "number_type", deserialize_with = "one_or_many")]
    pub(crate) number_types: Vec<String>,
    /// Through this queue: its name, its id, or none for calls without a queue; repeatable
    #[arg(long = "queue", allow_hyphen_values = true, value_name = "NAME|ID|none")]
    #[serde(rename = "queue", deserialize_with = "one_or_many")]
    pub(crate) queues: Vec<String>,
    /// Through the queue with this id, which is not looked up; repeatable
    #[arg(long = "queue-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "queue_id", deserialize_with = "one_or_many")]
    pub(crate) queue_ids: Vec<String>,
    /// Through the queue with this older id, which Zoom calls deprecated; repeatable
    #[arg(long = "old-queue-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "old_queue_id", deserialize_with = "one_or_many")]
    pub(crate) old_queue_ids: Vec<String>,
    /// With this agent: name or id; repeatable
    #[arg(long = "agent", allow_hyphen_values = true, value_name = "NAME|ID")]
    #[serde(rename = "agent", deserialize_with = "one_or_many")]
    pub(crate) agents: Vec<String>,
    /// With the agent of this user id, which is not looked up; repeatable
    #[arg(long = "agent-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "agent_id", deserialize_with = "one_or_many")]
    pub(crate) agent_ids: Vec<String>,
    /// With agents of the team of this id; repeatable
    #[arg(long = "team-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "team_id", deserialize_with = "one_or_many")]
    pub(crate) team_ids: Vec<String>,
    /// With agents of this team; repeatable
    #[arg(long = "team", value_name = "NAME")]
    #[serde(rename = "team", deserialize_with = "one_or_many")]
    pub(crate) teams: Vec<String>,
    /// With agents of the region of this id; repeatable
    #[arg(long = "region-id", allow_hyphen_values = true, value_name = "ID")]
    #[serde(rename = "region_id", deserialize_with = "one_or_many")]
    pub(crate) region_ids: Vec<String>,
    /// With agents of this region; repeatable
    #[arg(long = "region", value_name = "NAME")]
    #[serde(rename = "region", deserialize_with = "one_or_many")]
    pub(crate) regions: Vec<String>,
    /// With consumers in these countries: two-letter codes such as DE
    #[arg(long = "country", value_name = "CODE", value_delimiter = ',')]
    #[serde(rename = "country", deserialize_with = "one_or_many")]
    pub(crate) countries: Vec<String>,
    /// With the consumer of this number, such as +12055550100
    #[arg(long, value_name = "NUMBER")]
    pub(crate) consumer: Option<String>,
    /// Of this engagement
    #[arg(long, allow_hyphen_values = true, value_name = "ID")]
    pub(crate) engagement: Option<String>,
}

/// The values that the endpoint takes.
fn values(parameter: FilterParameter) -> PossibleValuesParser {
    PossibleValuesParser::new(parameter.known_values().unwrap_or_default())
}

/// A text, or a list of texts.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

/// Widen the scope of a lake that holds only some calls.
///
/// Fetches what the wider scope adds to the ranges that are settled already: where one list grew, only the calls
/// of its new values. `voxlake sync` with the same conditions goes on from there. A scope cannot be narrowed: make
/// another lake for that.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  voxlake sync --queue Billing                   a lake of the calls of one queue
  voxlake rescope --queue Billing --queue Sales  and of another one
  voxlake rescope --all                          and of all calls

Run again, it goes on where it ended. [sync.filter] in voxlake.toml has to be changed to the same conditions.")]
pub(crate) struct RescopeArgs {
    #[command(flatten)]
    pub(crate) lake: LakeArgs,
    /// All calls
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) api: ApiArgs,
    #[command(flatten, next_help_heading = "API")]
    pub(crate) quota: QuotaArgs,
}
