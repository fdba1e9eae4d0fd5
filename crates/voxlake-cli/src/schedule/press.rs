//! How a report is really made and sent. The desk knows only this trait, so that tests can stop the world
//! between any two steps.

use std::future::Future;

use chrono::{DateTime, Utc};
use voxlake_lake::{Fingerprint, Lake, TimeRange};
use voxlake_query::Catalog;
use voxlake_report::render;

use super::plan::Plan;
use crate::args::FilterArgs;
use crate::clock;
use crate::commands::sync;
use crate::config::Settings;
use crate::delivery::{Destination, Parcel};
use crate::report::make::{Order, make};
use crate::report::{period, standing};

/// A report that was made, ready to go.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    pub(crate) parcel: Parcel,
    pub(crate) settled: bool,
    pub(crate) empty: bool,
    /// Whether one of its alerts holds.
    pub(crate) alarmed: bool,
    pub(crate) data: Fingerprint,
    pub(crate) figures: Fingerprint,
}

/// Makes and sends reports.
pub(crate) trait Press: Sync {
    /// Brings the lake up to date.
    fn sync(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
    /// Makes a report.
    fn print(
        &self,
        plan: &Plan,
        order: &Order,
        now: DateTime<Utc>,
    ) -> impl Future<Output = anyhow::Result<Printed>> + Send;
    /// What tells the data that a report would be made from now.
    fn data(&self, order: &Order) -> impl Future<Output = anyhow::Result<Fingerprint>> + Send;
    /// Sends a report to one of its destinations, as the delivery of this id.
    fn deliver(
        &self,
        destination: &Destination,
        printed: &Printed,
        id: &str,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Makes reports from the lake of the settings.
pub(crate) struct LakePress {
    pub(crate) settings: Settings,
    pub(crate) questions: Catalog,
}

impl Press for LakePress {
    async fn sync(&self) -> anyhow::Result<()> {
        let settings = &self.settings;
        crate::commands::origin::refuse_simulated(&Lake::create(&settings.lake).await?).await?;
        let options = sync::sync_options(settings)?;
        let (config, words) = sync::scoped_config(settings, &FilterArgs::default()).await?;
        let clock = clock::sync_clock();
        let report =
            sync::sync(config, Some(&words), settings, clock, options, std::future::pending()).await?;
        match (report.stopped, report.failed.len()) {
            (Some(error), _) => Err(error.into()),
            (None, 0) => Ok(()),
            (None, windows) => Err(anyhow::anyhow!("{windows} windows of time are missing")),
        }
    }

    async fn print(&self, plan: &Plan, order: &Order, now: DateTime<Utc>) -> anyhow::Result<Printed> {
        let made = make(&self.settings, &self.questions, order, now).await?;
        let mut files = Vec::new();
        let stem = format!("{}_{}", slug(&plan.name), made.document.about.period);
        for format in &plan.formats {
            files.extend(render(&made.document, *format, &stem)?);
        }
        Ok(Printed {
            settled: made.document.about.standing.settled,
            empty: made.document.is_empty()?,
            alarmed: !made.document.about.alerts.is_empty(),
            parcel: Parcel::new(&made.document, &plan.name, files)?,
            data: made.data,
            figures: made.figures,
        })
    }

    async fn data(&self, order: &Order) -> anyhow::Result<Fingerprint> {
        let days = Lake::open(&self.settings.lake).await?.days().await?;
        let before = period::before(order.period, order.zone);
        Ok(standing::data(&days, TimeRange { from: before.from, to: order.period.to }))
    }

    async fn deliver(&self, destination: &Destination, printed: &Printed, id: &str) -> anyhow::Result<()> {
        destination.deliver(&printed.parcel, id, self.settings.retry_delay()?).await
    }
}

/// A schedule's name as a part of a file's.
fn slug(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' }).collect()
}
