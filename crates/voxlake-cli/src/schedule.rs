//! Reports that make themselves: when they are due, what became of them, and the service that makes them.
//!
//! ```text
//! voxlake.toml ──▶ Plan ──┐
//!                          ├─ due ──▶ Desk: make, decide, deliver ──▶ ledger
//! ledger, clock ──────────┘
//! ```
//!
//! - [`settings`]: what is written; [`plan`]: what is meant
//! - [`ledger`]: what became of each run, kept in the lake
//! - [`due`]: which runs are to be made
//! - [`desk`]: makes and delivers them, noting each step before it is taken and after
//! - [`press`]: how a report is really made and sent; tests have another
//! - [`health`]: the answer to whether the service lives

mod desk;
mod due;
mod health;
mod ledger;
mod limited_listener;
mod plan;
mod press;
mod settings;
#[cfg(test)]
mod tests;

pub(crate) use desk::{Desk, Summary, again};
pub(crate) use health::serve;
pub(crate) use ledger::{Ledger, Run, State};
pub(crate) use plan::{Plan, plans};
pub(crate) use press::{LakePress, Press, Printed};
pub(crate) use settings::ScheduleSettings;
