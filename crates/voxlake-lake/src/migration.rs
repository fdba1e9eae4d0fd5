//! Migration of a lake: day files with an outdated column layout are rewritten.
//!
//! ```text
//! footers ─▶ MigrationPlan ─ for each outdated day ─▶ rewrite, compare, replace ─▶ MigrationReport
//! ```
//!
//! Queries read every layout, so a migration is never required. Other programs may need it: the
//! Parquet specification requires the list child name `element`, and earlier versions wrote `item`.

mod report;

use std::collections::BTreeSet;
use std::fs::File;
use std::pin::pin;

use chrono::NaiveDate;
use futures::poll;

use crate::column_layout::ColumnLayout;
use crate::day_merge::{DayMerge, MergeSizes};
use crate::executor::Executor;
use crate::read::DayReader;
use crate::sorted_calls::SortedCalls;
use crate::verify::verify;
use crate::{ConflictPolicy, Coverage, DayFile, Lake, LakeError, WriterLock, layout};

pub use self::report::{MigrationPlan, MigrationReport, OutdatedDay, SkippedDay};

impl Lake {
    /// Lists the day files that a migration rewrites. Only the [footers](Lake::footers) of `days`
    /// are read.
    ///
    /// # Errors
    /// If the store fails. Damaged files are part of the plan.
    pub async fn migration_plan(&self, days: &[DayFile]) -> Result<MigrationPlan, LakeError> {
        let mut plan = MigrationPlan::default();
        for (day, footer) in days.iter().zip(self.footers(days).await) {
            match footer {
                Ok(footer) if footer.layout.is_outdated() => {
                    plan.outdated.push(OutdatedDay { day: day.clone(), layout: footer.layout });
                }
                Ok(footer) if footer.layout == ColumnLayout::Newer => {
                    let reason = "it has columns that this version does not know".to_owned();
                    plan.skipped.push(SkippedDay { date: day.date, reason, damaged: false });
                }
                Ok(_) => plan.current += 1,
                Err(error) => plan.skipped.push(skipped(day.date, error)?),
            }
        }
        Ok(plan)
    }

    /// Rewrites the outdated days of `plan` in today's column layout, in order, and calls `on_day`
    /// after each.
    ///
    /// Calls, their order, `fetched_at` and coverage stay the same. A rewritten file replaces the
    /// old one only if its calls have the same [checksum](crate::VerifyReport::checksum). Files
    /// that are damaged or violate a guarantee are skipped. Memory is needed for one row group in
    /// progress.
    ///
    /// Once `stop` is ready, no further day is started. Rewritten days are kept, also after an
    /// error.
    ///
    /// # Errors
    /// If the store fails, or if another process replaces a day file.
    pub async fn migrate(
        &self,
        lock: &WriterLock,
        plan: &MigrationPlan,
        stop: impl Future<Output = ()>,
        on_day: impl Fn(),
    ) -> Result<MigrationReport, LakeError> {
        let mut stop = pin!(stop);
        let mut report = MigrationReport::new(plan);
        for outdated in &plan.outdated {
            if poll!(&mut stop).is_ready() {
                break;
            }
            let date = outdated.day.date;
            match self.migrate_day(lock, date).await {
                Ok(()) => {
                    tracing::info!(%date, "rewrote a day file");
                    report.rewritten.push(date);
                }
                Err(error) => report.skipped.push(skipped(date, error)?),
            }
            on_day();
        }
        self.keep_api_checks(lock, plan, &report).await?;
        Ok(report)
    }

    async fn migrate_day(&self, lock: &WriterLock, date: NaiveDate) -> Result<(), LakeError> {
        let path = layout::day_file(date);
        let Some(opened) = self.day_file(&path).await? else { return Ok(()) };
        let (old, name) = (opened.file, path.to_string());
        let work = move |into: &mut File| {
            let old = DayReader::open(&name, old).and_then(DayReader::verify_checksums)?.verify_date(date)?;
            rewrite(&name, date, &old, into)
        };
        self.rewrite(lock, &path, Some(opened.version), Executor::MergePool, work).await?;
        self.cache_footer(date).await;
        Ok(())
    }

    /// Keeps the counts that the API confirmed for rewritten days: their calls are the same.
    async fn keep_api_checks(
        &self,
        lock: &WriterLock,
        plan: &MigrationPlan,
        report: &MigrationReport,
    ) -> Result<(), LakeError> {
        let known = self.api_checks().await?;
        let mut checks = known.clone();
        let now = self.days().await?;
        for before in plan.outdated.iter().filter(|day| report.rewritten.contains(&day.day.date)) {
            if let Ok(at) = now.binary_search_by_key(&before.day.date, |day| day.date) {
                checks.carry_over(&before.day, &now[at]);
            }
        }
        if checks == known { Ok(()) } else { self.set_api_checks(lock, &checks).await }
    }
}

/// Writes the day of `old` to `into` in today's layout, and compares the two.
fn rewrite(path: &str, date: NaiveDate, old: &DayReader, into: &mut File) -> Result<(), LakeError> {
    let damaged = |reason: String| LakeError::Damaged { path: path.to_owned(), reason };
    let before = verify(old, date)?;
    if let Some(violation) = before.violations.first() {
        return Err(damaged(violation.to_string()));
    }
    let merge = DayMerge {
        path,
        fetched: SortedCalls::new(Vec::new())?,
        ranges: &[],
        moved: &BTreeSet::new(),
        trusted_at: None,
        policy: ConflictPolicy::Keep,
        sizes: MergeSizes::default(),
    };
    merge.run(Some(old), into)?;
    // Files of earlier versions may have ranges that a later fetch contains.
    let mut coverage = Coverage::default();
    old.coverage().ranges().iter().for_each(|range| coverage.add(*range));
    let copy = into.try_clone().map_err(|error| damaged(error.to_string()))?;
    let new = DayReader::open(path, copy).and_then(DayReader::verify_checksums)?;
    let after = verify(&new, date)?;
    let same = after.calls == before.calls
        && after.checksum == before.checksum
        && *new.coverage() == coverage
        && after.layout == ColumnLayout::Current;
    if same { Ok(()) } else { Err(LakeError::RewriteDiffers { path: path.to_owned() }) }
}

/// Returns the day that is skipped because of `error`. All other errors end the migration.
fn skipped(date: NaiveDate, error: LakeError) -> Result<SkippedDay, LakeError> {
    match error {
        LakeError::Damaged { reason, .. } => Ok(SkippedDay { date, reason, damaged: true }),
        LakeError::NewerSchema { .. } | LakeError::RewriteDiffers { .. } | LakeError::Schema(_) => {
            Ok(SkippedDay { date, reason: error.to_string(), damaged: false })
        }
        error => Err(error),
    }
}

#[cfg(test)]
mod tests;
