//! Syncs before scheduled reports.

use std::error::Error;

use voxlake_fetch::FilterSettings;
use voxlake_lake::{Lake, counted};
use voxlake_schedule::{LakeReportRunner, LakeUpdater};

use crate::clock;
use crate::commands::origin::refuse_simulated;
use crate::commands::sync;
use crate::config::Settings;

/// Runner of reports that syncs the lake of the settings.
pub(super) type Runner = LakeReportRunner<SettingsUpdater>;

/// Syncs the lake of the settings.
#[derive(Debug)]
pub(super) struct SettingsUpdater(pub(super) Settings);

impl LakeUpdater for SettingsUpdater {
    async fn update(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(update(&self.0).await?)
    }
}

async fn update(settings: &Settings) -> anyhow::Result<()> {
    refuse_simulated(&Lake::create(&settings.lake).await?).await?;
    let options = settings.sync_options();
    let (config, words) = sync::scoped_config(settings, &FilterSettings::default()).await?;
    let clock = clock::sync_clock();
    let done = sync::sync(config, Some(&words), settings, clock, options, std::future::pending()).await?;
    let report = done.report;
    match (report.stopped, report.failed.len()) {
        (Some(error), _) => Err(error.into()),
        (None, 0) => Ok(()),
        (None, windows) => Err(anyhow::anyhow!(
            "{} missing",
            counted(windows as u64, "window of time is", "windows of time are")
        )),
    }
}
