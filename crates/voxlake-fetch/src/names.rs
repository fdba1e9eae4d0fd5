//! Names and ids of queues and agents from recent calls.

use std::collections::BTreeSet;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use chrono::TimeDelta;
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, FetchError, LookupOptions};

/// Period whose newest calls are looked at.
const RECENT: TimeDelta = TimeDelta::days(7);
/// Pages that are looked at.
const MAX_PAGES: u64 = 5;

/// Names with their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Id and name of queues.
    pub queues: BTreeSet<(String, String)>,
    /// Id and name of agents.
    pub agents: BTreeSet<(String, String)>,
}

impl Names {
    /// Adds those that calls have.
    pub fn add(&mut self, calls: &RecordBatch) {
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
                names.extend((0..entries.len()).filter_map(|at| Some((text(ids, at)?, text(texts, at)?))));
            }
        }
    }
}

fn text(texts: &ArrayRef, row: usize) -> Option<String> {
    (!texts.is_null(row)).then(|| texts.as_string::<i32>().value(row).to_owned())
}

impl ApiClient {
    /// Names and ids in the newest calls of the past week, for up to five requests. The client has
    /// to have no filter.
    ///
    /// # Errors
    /// As [`ApiClient::look_up`].
    pub async fn recent_names(&self, budget: &Budget) -> Result<Names, FetchError> {
        let to = self.clock.now();
        let period = TimeRange { from: to - RECENT, to };
        let options = LookupOptions { period, max_requests: MAX_PAGES, first_window_alone: false };
        let mut names = Names::default();
        self.look_up(budget, options).await?.calls.iter().for_each(|calls| names.add(calls));
        Ok(names)
    }
}
