//! Rounds of a benchmark.

use super::error::BenchmarkError;
use super::report::BenchmarkReport;
use super::run::Run;
use super::session::Benchmark;
use crate::NamedQuery;

impl Benchmark {
    /// Runs each query once to warm up, then all of them in `rounds` rounds.
    ///
    /// # Errors
    /// [`BenchmarkError::Failed`] for a query that fails, [`BenchmarkError::Changed`] for one whose
    /// rows differ between rounds.
    pub async fn run(&self, queries: &[&NamedQuery], rounds: u16) -> Result<BenchmarkReport, BenchmarkError> {
        let mut runs: Vec<Vec<Run>> = queries.iter().map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for (query, runs) in queries.iter().zip(&mut runs) {
                let run = Run::measure(self, query).await?;
                if runs.last().is_some_and(|previous| previous.digest != run.digest) {
                    return Err(BenchmarkError::Changed { name: query.name.clone(), round });
                }
                // The first run warms up: its digest is compared, its time does not count.
                if round <= 1 {
                    runs.clear();
                }
                runs.push(run);
            }
        }
        BenchmarkReport::new(self, queries, &runs).await
    }
}
