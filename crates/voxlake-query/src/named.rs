//! Named queries: parametrised SQL with a documented header, in files of `queries/`.
//!
//! They are embedded in the binary and are plain SQL that can be read without it. A user's own
//! folder of such files can be added: see [`QueryLibrary`].

mod charge_notices;
mod chosen_entities;
mod column;
mod header;
mod known_names;
mod library;
mod lookback;
mod parameter;
mod query;
mod run;
mod share_parts;

pub use column::{Column, ColumnType};
pub use library::QueryLibrary;
pub use lookback::Lookback;
pub use parameter::{Parameter, ParameterType, Params, QUEUE_PARAMETER};
pub use query::NamedQuery;
pub use share_parts::ShareParts;

#[cfg(test)]
mod tests;
