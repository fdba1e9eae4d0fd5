//! Filter options, and arguments of `voxlake rescope`.

use clap::builder::PossibleValuesParser;
use voxlake_fetch::{FilterParameter, FilterSettings};

use super::{ApiArgs, LakeArgs};

/// Filters of calls. A call has to match all options, and any one of the values of an option. Ids
/// may begin with a hyphen.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArgs {
    /// Direction of the call
    #[arg(long, value_name = "DIRECTION", value_parser = values(FilterParameter::Direction))]
    pub(crate) direction: Option<String>,
    /// Distribution: acd (automatic call distribution) or non_acd
    #[arg(long, value_name = "KIND", value_parser = values(FilterParameter::Distribution))]
    pub(crate) distribution: Option<String>,
    /// Call types, comma-separated
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::Types))]
    pub(crate) types: Vec<String>,
    /// Detailed call types, comma-separated
    #[arg(long = "sub-type", value_name = "TYPE", value_delimiter = ',', value_parser = values(FilterParameter::SubTypes))]
    pub(crate) sub_types: Vec<String>,
    /// Types of the caller or callee number, comma-separated
    #[arg(long = "number-type", value_name = "KIND", value_delimiter = ',', value_parser = values(FilterParameter::NumberTypes))]
    pub(crate) number_types: Vec<String>,
    /// Queue name or id, or none for calls without a queue; repeatable
    #[arg(long = "queue", allow_hyphen_values = true, value_name = "NAME|ID|none")]
    pub(crate) queues: Vec<String>,
    /// Queue id, used without lookup; repeatable
    #[arg(long = "queue-id", allow_hyphen_values = true, value_name = "ID")]
    pub(crate) queue_ids: Vec<String>,
    /// Deprecated queue id (queue_ids); repeatable
    #[arg(long = "old-queue-id", allow_hyphen_values = true, value_name = "ID")]
    pub(crate) old_queue_ids: Vec<String>,
    /// Agent name or id; repeatable
    #[arg(long = "agent", allow_hyphen_values = true, value_name = "NAME|ID")]
    pub(crate) agents: Vec<String>,
    /// User id of an agent, used without lookup; repeatable
    #[arg(long = "agent-id", allow_hyphen_values = true, value_name = "ID")]
    pub(crate) agent_ids: Vec<String>,
    /// Team id of an agent; repeatable
    #[arg(long = "team-id", allow_hyphen_values = true, value_name = "ID")]
    pub(crate) team_ids: Vec<String>,
    /// Team name of an agent; repeatable
    #[arg(long = "team", value_name = "NAME")]
    pub(crate) teams: Vec<String>,
    /// Region id of an agent; repeatable
    #[arg(long = "region-id", allow_hyphen_values = true, value_name = "ID")]
    pub(crate) region_ids: Vec<String>,
    /// Region name of an agent; repeatable
    #[arg(long = "region", value_name = "NAME")]
    pub(crate) regions: Vec<String>,
    /// Two-letter codes of the country of the consumer, such as DE, comma-separated
    #[arg(long = "country", value_name = "CODE", value_delimiter = ',')]
    pub(crate) countries: Vec<String>,
    /// Number of the consumer, such as +12055550100
    #[arg(long, value_name = "NUMBER")]
    pub(crate) consumer: Option<String>,
    /// Engagement id
    #[arg(long, allow_hyphen_values = true, value_name = "ID")]
    pub(crate) engagement: Option<String>,
}

impl From<&FilterArgs> for FilterSettings {
    fn from(args: &FilterArgs) -> Self {
        let args = args.clone();
        let mut filter = Self::default();
        (filter.direction, filter.distribution) = (args.direction, args.distribution);
        (filter.types, filter.sub_types, filter.number_types) =
            (args.types, args.sub_types, args.number_types);
        (filter.queues, filter.queue_ids, filter.old_queue_ids) =
            (args.queues, args.queue_ids, args.old_queue_ids);
        (filter.agents, filter.agent_ids) = (args.agents, args.agent_ids);
        (filter.team_ids, filter.teams) = (args.team_ids, args.teams);
        (filter.region_ids, filter.regions) = (args.region_ids, args.regions);
        (filter.countries, filter.consumer, filter.engagement) =
            (args.countries, args.consumer, args.engagement);
        filter
    }
}

/// Returns a parser for the values that the API accepts.
fn values(parameter: FilterParameter) -> PossibleValuesParser {
    PossibleValuesParser::new(parameter.known_values().unwrap_or_default())
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
}
