//! Queries on a Ballista cluster.
//!
//! ```text
//! LakeSession ─ physical plan ─▶ BallistaEngine ─ Job ─▶ Scheduler ─ tasks ─▶ executors ─▶ lake
//!      ▲                                                                        │
//!      └───────────────────────────── rows of the result ◀──────────────────────┘
//! ```
//!
//! The session plans a query as it does for itself, with rules whose plans can be sent. The plan,
//! not the SQL, goes to the scheduler, so that corrections and parameters mean the same everywhere.
//! A plan that the cluster could answer differently is refused by name or runs in the session.
//!
//! - [`BallistaEngine`]: engine of a session; [`EngineAddress`]: its URL
//! - [`portable()`]: plans that run in other processes with the same result
//! - [`Job`]: an encoded plan; [`PlanCodec`]: its encoding
//! - [`Scheduler`], [`run_executor`]: the processes of a cluster
//! - [`ClusterTls`]: mutual TLS between these processes
//! - [`LakeStores`]: stores of lakes in these processes
//!
//! # Features
//!
//! This crate has no features.

mod address;
mod client;
mod cluster_exec;
mod codec;
mod connection;
mod engine;
mod error;
mod executor;
mod job;
mod one_partition;
mod portable;
mod process;
mod scheduler;
mod shown;
mod stage_engine;
mod stages;
mod stop;
mod stoppable_exec;
mod stores;
mod task_error;
mod tls;
mod work_folder;

pub use address::{EngineAddress, SCHEDULER_PORT, SchedulerAddress};
pub use codec::{PlanCodec, release};
pub use engine::BallistaEngine;
pub use error::ClusterError;
pub use executor::{EXECUTOR_PORT, ExecutorOptions, run_executor};
pub use job::{Job, decode, encode};
pub use portable::portable;
pub use scheduler::{Scheduler, SchedulerOptions};
pub use stores::{LakeStores, lake_url};
pub use tls::ClusterTls;
