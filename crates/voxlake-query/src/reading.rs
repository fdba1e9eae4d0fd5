//! How much of a lake an answer took, by what its scans measured.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};

use voxlake_lake::SummaryPeriod;

use crate::plan_files::files_of;
use crate::summaries::{LastNamesExec, Used};

/// What was read for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Day files that dates did not rule out, each counted once.
    pub days_read: usize,
    /// Day files of the session.
    pub days: usize,
    /// Years of which a summary was taken, each counted once.
    pub years_summarized: usize,
    /// Months, beside those years, of which a summary was taken, each counted once.
    pub months_summarized: usize,
    /// Days, beside those months, of which a summary was taken, each counted once.
    pub days_summarized: usize,
    /// Row groups that statistics did not rule out, once for each scan and each thread that read a part of one.
    pub row_groups_read: usize,
    /// Row groups of the files that were read, counted alike.
    pub row_groups: usize,
    /// Calls that were decoded, once for each scan, before any filter.
    pub rows_read: usize,
    /// Bytes that were fetched.
    pub bytes_read: usize,
}

impl Reading {
    /// What the scans of `plan` measured so far, and what they found summarized.
    pub(crate) fn of(plan: &Arc<dyn ExecutionPlan>, days: usize, used: &Used) -> Self {
        let spans: BTreeSet<SummaryPeriod> = used.all().into_values().flatten().collect();
        let count = |is: fn(&SummaryPeriod) -> bool| spans.iter().filter(|span| is(span)).count();
        let mut reading = Self {
            days_read: files_of(plan).len(),
            days,
            years_summarized: count(|span| matches!(span, SummaryPeriod::Year(_))),
            months_summarized: count(|span| matches!(span, SummaryPeriod::Month(_))),
            days_summarized: count(|span| matches!(span, SummaryPeriod::Day(_))),
            ..Self::default()
        };
        reading.add_scans(plan);
        reading
    }

    fn add_scans(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        // The visit never fails: its closure does not.
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
                // What a filter within the scan drops was decoded all the same.
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
    async fn a_reading_counts_the_files_and_calls_that_an_answer_took() {
        let calls = ["2026-11-01", "2026-11-02", "2026-11-03"].into_iter().flat_map(|day| {
            (0..4).map(move |i| {
                let start = format!("{day}T0{i}:00:00Z");
                call(&format!("{day} {i}"), &start, json!({"total_duration": i}))
            })
        });
        let lake = TestLake::of(calls);
        let session = lake.session().await;
        let sql = "SELECT count(*) FROM voice_calls WHERE date >= '2026-11-02' AND total_duration > 0";
        let mut answer = session.sql(sql).await.unwrap();
        while let Some(batch) = answer.next().await {
            batch.unwrap();
        }
        let reading = answer.reading();
        assert_eq!((reading.days_read, reading.days), (2, 3));
        assert_eq!((reading.row_groups_read, reading.row_groups), (2, 2));
        assert_eq!(reading.rows_read, 8);
        assert!(reading.bytes_read > 0);
        assert!(answer.explained().contains("output_rows=1"), "{}", answer.explained());
    }
}
