//! Metrics of the scans of a query.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};

use voxlake_lake::SummaryPeriod;

use crate::plan_files::scanned_files;
use crate::summaries::{LastNamesExec, SummaryUsage};

/// Amounts that a query has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanMetrics {
    /// Distinct day files that pruning by date left.
    pub days_read: usize,
    /// Day files of the session.
    pub days: usize,
    /// Distinct years read from a summary.
    pub years_summarized: usize,
    /// Distinct months read from a summary, other than those years.
    pub months_summarized: usize,
    /// Distinct days read from a summary, other than those months.
    pub days_summarized: usize,
    /// Row groups that statistics did not prune, counted per scan and per thread that read a part.
    pub row_groups_read: usize,
    /// Row groups of the files read, counted in the same way.
    pub row_groups: usize,
    /// Decoded rows per scan, before any filter.
    pub rows_read: usize,
    /// Bytes read from the store.
    pub bytes_read: usize,
}

impl ScanMetrics {
    /// Collects the metrics of the scans of `plan` so far.
    pub(crate) fn collect(plan: &Arc<dyn ExecutionPlan>, days: usize, used: &SummaryUsage) -> Self {
        let spans: BTreeSet<SummaryPeriod> = used.all().into_values().flatten().collect();
        let count = |is: fn(&SummaryPeriod) -> bool| spans.iter().filter(|span| is(span)).count();
        let mut metrics = Self {
            days_read: scanned_files(plan).len(),
            days,
            years_summarized: count(|span| matches!(span, SummaryPeriod::Year(_))),
            months_summarized: count(|span| matches!(span, SummaryPeriod::Month(_))),
            days_summarized: count(|span| matches!(span, SummaryPeriod::Day(_))),
            ..Self::default()
        };
        metrics.add_scans(plan);
        metrics
    }

    fn add_scans(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        // The closure is infallible.
        let _ = plan.apply(|node| {
            if node.is::<DataSourceExec>()
                && let Some(metrics) = node.metrics()
            {
                self.add(&metrics);
            }
            if let Some(names) = node.downcast_ref::<LastNamesExec>()
                && let Some(plan) = names.ran_before()
            {
                self.add_scans(plan);
            }
            Ok(TreeNodeRecursion::Continue)
        });
    }

    fn add(&mut self, metrics: &MetricsSet) {
        for metric in metrics.iter() {
            let value = metric.value();
            match (value.name(), value) {
                ("row_groups_pruned_statistics", MetricValue::PruningMetrics { pruning_metrics, .. }) => {
                    self.row_groups_read += pruning_metrics.matched();
                    self.row_groups += pruning_metrics.matched() + pruning_metrics.pruned();
                }
                // Rows that a filter inside the scan drops were decoded too.
                ("output_rows" | "pushdown_rows_pruned", value) => self.rows_read += value.as_usize(),
                ("bytes_scanned", value) => self.bytes_read += value.as_usize(),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use serde_json::json;

    use crate::test_lake::{TestLake, call};

    #[tokio::test]
    async fn metrics_count_read_files_and_rows() {
        let calls = ["2026-11-01", "2026-11-02", "2026-11-03"].into_iter().flat_map(|day| {
            (0..4).map(move |i| {
                let start = format!("{day}T0{i}:00:00Z");
                call(&format!("{day} {i}"), &start, json!({"total_duration": i}))
            })
        });
        let lake = TestLake::with_calls(calls);
        let session = lake.session().await;
        let sql = "SELECT count(*) FROM voice_calls WHERE date >= '2026-11-02' AND total_duration > 0";
        let mut answer = session.sql(sql).await.unwrap();
        while let Some(batch) = answer.next().await {
            batch.unwrap();
        }
        let metrics = answer.metrics();
        assert_eq!((metrics.days_read, metrics.days), (2, 3));
        assert_eq!((metrics.row_groups_read, metrics.row_groups), (2, 2));
        assert_eq!(metrics.rows_read, 8);
        assert!(metrics.bytes_read > 0);
        assert!(answer.plan_text().contains("output_rows=1"), "{}", answer.plan_text());
    }
}
