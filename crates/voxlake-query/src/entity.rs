//! Kinds of objects that calls name.

use std::fmt;

/// Kind of an object that calls name. Queues, teams, agents and flows have ids and names; a country
/// is its own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// Queue.
    Queue,
    /// Team of an agent.
    Team,
    /// Agent. Names of agents are personal data: errors and notices contain only ids.
    Agent,
    /// Flow.
    Flow,
    /// Country of the consumer.
    Country,
}

impl EntityKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Queue, Self::Team, Self::Agent, Self::Flow, Self::Country];

    /// Returns the word for one of them, such as `queue`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Team => "team",
            Self::Agent => "agent",
            Self::Flow => "flow",
            Self::Country => "country",
        }
    }

    /// Returns the word for several of them, such as `queues`. A type of a parameter has this name.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Queue => "queues",
            Self::Team => "teams",
            Self::Agent => "agents",
            Self::Flow => "flows",
            Self::Country => "countries",
        }
    }

    /// Returns the kind with this plural.
    pub(crate) fn from_plural(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An id or name that no call of a lake ever had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownName {
    /// Kind of the object.
    pub kind: EntityKind,
    /// The id or name.
    pub value: String,
    /// Similar names and ids of the lake, most similar first; of agents, only ids.
    pub suggestions: Vec<String>,
    /// Description of what the lake has, for an error without suggestions.
    pub(crate) known: String,
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, value, suggestions, known } = self;
        match kind {
            // The value may be the name of a person.
            EntityKind::Agent => f.write_str("no call of the lake has the given agent")?,
            EntityKind::Country => write!(f, "no call of the lake has the country {value:?}")?,
            kind => write!(f, "no call of the lake has a {kind} with the id or name {value:?}")?,
        }
        match suggestions.as_slice() {
            [] => write!(f, "; {known}"),
            suggestions => write!(f, "; did you mean {}?", alternatives(suggestions)),
        }
    }
}

/// Lists alternatives in quotes: `"Billing", "Claims" or "Sales"`.
fn alternatives(names: &[String]) -> String {
    let quoted = names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        quoted => quoted.concat(),
    }
}
