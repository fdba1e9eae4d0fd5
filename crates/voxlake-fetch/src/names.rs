//! Names and ids of queues and agents from recent calls.

use std::collections::BTreeSet;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use chrono::TimeDelta;
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, FetchError, LookupOptions};

/// Period whose newest calls are searched.
const RECENT: TimeDelta = TimeDelta::days(7);
/// Maximum pages that are fetched.
const MAX_PAGES: u64 = 5;

/// Names of queues and agents with their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityNames {
    /// Ids and names of queues.
    pub queues: BTreeSet<(String, String)>,
    /// Ids and names of agents.
    pub agents: BTreeSet<(String, String)>,
}

impl EntityNames {
    /// Creates names from ids and names of queues, and of agents.
    pub fn new(
        queues: impl IntoIterator<Item = (String, String)>,
        agents: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self { queues: queues.into_iter().collect(), agents: agents.into_iter().collect() }
    }

    /// Adds other names.
    pub fn extend(&mut self, other: Self) {
        self.queues.extend(other.queues);
        self.agents.extend(other.agents);
    }

    /// Adds the names that occur in `calls`.
    pub fn add_calls(&mut self, calls: &RecordBatch) {
        for row in 0..calls.num_rows() {
            for (column, id, name, names) in [
                ("queues", "cc_queue_id", "queue_name", &mut self.queues),
                ("agents", "user_id", "display_name", &mut self.agents),
            ] {
                let lists = calls[column].as_list::<i32>();
                if lists.is_null(row) {
                    continue;
                }
                let entries = lists.value(row);
                let (ids, texts) = (&entries.as_struct()[id], &entries.as_struct()[name]);
                names.extend(
                    (0..entries.len()).filter_map(|at| Some((text_at(ids, at)?, text_at(texts, at)?))),
                );
            }
        }
    }
}

fn text_at(texts: &ArrayRef, row: usize) -> Option<String> {
    (!texts.is_null(row)).then(|| texts.as_string::<i32>().value(row).to_owned())
}

impl ApiClient {
    /// Returns names and ids from the newest calls of the past week, with up to five requests. The
    /// client must not have a filter.
    ///
    /// # Errors
    /// The errors of [`ApiClient::look_up`].
    pub async fn recent_names(&self, budget: &Budget) -> Result<EntityNames, FetchError> {
        let to = self.clock.now();
        let period = TimeRange { from: to - RECENT, to };
        let options = LookupOptions { period, max_requests: MAX_PAGES, stop_at_first_match: false };
        let mut names = EntityNames::default();
        self.look_up(budget, options).await?.calls.iter().for_each(|calls| names.add_calls(calls));
        Ok(names)
    }
}
