//! A question of a report, and what its columns mean.

use std::collections::BTreeMap;

use super::unit::Unit;

/// A question with its parameters, period and time zone aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ask {
    /// Name of the question.
    pub query: String,
    /// Its parameters; several values are several texts.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// What a column means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnAbout {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub unit: Unit,
    /// Whether they are numbers.
    pub is_number: bool,
    /// What it means, in a sentence.
    pub help: String,
}
