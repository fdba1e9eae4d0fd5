//! Scheduled reports: when they are due, what became of each run, how they are built and delivered.
//!
//! ```text
//! configuration ──▶ Schedule ──┐
//!                              ├─ DueRun ──▶ Scheduler: build, decide, deliver ──▶ Ledger
//! ledger, clock ───────────────┘
//! ```
//!
//! - [`ScheduleConfig`], [`Schedule`]: the configuration of a schedule, and the parsed schedule
//! - [`Ledger`], [`Run`]: the runs of a lake, kept in the lake
//! - [`Scheduler`]: builds and delivers due runs; records each step in the ledger before and after
//!   it
//! - [`ReportRunner`]: builds and sends one report; [`LakeReportRunner`] reads a lake, tests
//!   substitute a fake
//! - [`report`]: catalog of reports, periods, freshness of the data, alerts
//! - [`delivery`]: folders, object stores, e-mail and webhooks; [`Environment`]: the variables
//!   that hold their secrets
//! - [`list_schedules`], [`check_schedules`], [`run_service`]: listing, checks, and runs as a
//!   service
//! - [`serve_health`]: HTTP endpoint for monitoring
//!
//! The service builds and delivers reports when they are due:
//!
//! ```no_run
//! # async fn example(
//! #     lake: &voxlake_lake::Lake,
//! #     schedules: &[voxlake_schedule::Schedule],
//! #     runner: &impl voxlake_schedule::ReportRunner,
//! #     clock: voxlake_lake::Clock,
//! # ) -> Result<(), voxlake_schedule::ScheduleError> {
//! use voxlake_schedule::Scheduler;
//!
//! let lock = lake.lock_reports(clock()).await?;
//! let scheduler = Scheduler::new(lake, &lock, schedules, runner, clock);
//! let summary = scheduler.run_due(true, None).await?;
//! println!("{}", summary.lines.join("\n"));
//! lock.release().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! None.
//!
//! A schedule is configured as a table:
//!
//! ```
//! use voxlake_schedule::ScheduleConfig;
//!
//! let config: ScheduleConfig = serde_json::from_value(serde_json::json!({
//!     "report": "weekly-queues",
//!     "cron": "0 7 * * MON",
//!     "deliver": [{ "folder": "/srv/reports" }],
//! }))?;
//! assert_eq!(config.catch_up, 7);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod check;
mod config;
pub mod delivery;
mod due;
mod environment;
mod error;
mod health;
mod lake_runner;
mod ledger;
mod limited_listener;
mod list;
pub mod report;
mod runner;
mod schedule;
mod scheduler;
pub mod secret_file;
mod service;
#[cfg(test)]
mod tests;

pub use check::{CheckSink, check_schedules};
pub use config::ScheduleConfig;
pub use due::DueRun;
pub use environment::Environment;
pub use error::ScheduleError;
pub use health::{Health, serve_health};
pub use lake_runner::{LakeReportRunner, LakeUpdater};
pub use ledger::{Delivery, DeliveryState, Ledger, Run, RunState};
pub use list::{ScheduleListing, list_schedules};
pub use runner::{RenderedReport, ReportRunner};
pub use schedule::{Schedule, ScheduleContext, find_schedule, parse_schedules};
pub use scheduler::{RunSummary, Scheduler};
pub use service::run_service;
