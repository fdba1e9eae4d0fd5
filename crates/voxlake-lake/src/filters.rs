//! Which days may hold the call that is asked for, by the Bloom filters of their files.
//!
//! An id is in one day of all, and ids do not tell which: without the filters, each file would be opened and its
//! ids decoded.

use std::sync::Arc;

use futures::StreamExt as _;
use object_store::{GetOptions, GetRange, ObjectStore as _};
use parquet::bloom_filter::Sbbf;

use crate::Lake;
use crate::day::DayFile;
use crate::footer::DayFooter;

/// Filters read at once.
const FILTERS_AT_ONCE: usize = 16;

impl Lake {
    /// Which of `days`, each with its footer, may hold a call whose `column` has one of `values`, in their order;
    /// `true` wherever that is not known, for a file without filters as for one that cannot be read or was
    /// replaced meanwhile.
    ///
    /// Filters are kept of [`FILTERED_COLUMNS`](crate::FILTERED_COLUMNS).
    pub async fn may_hold(
        &self,
        days: &[(DayFile, Arc<DayFooter>)],
        column: &str,
        values: &[&str],
    ) -> Vec<bool> {
        futures::stream::iter(days.to_vec())
            .map(|(day, footer)| async move { self.day_may_hold(&day, &footer, column, values).await })
            .buffered(FILTERS_AT_ONCE)
            .collect()
            .await
    }

    async fn day_may_hold(&self, day: &DayFile, footer: &DayFooter, column: &str, values: &[&str]) -> bool {
        let Some(groups) = footer.filters.get(column) else { return true };
        // Without a tag there is no telling whether the file is still the one that the footer is of.
        if day.meta.e_tag.is_none() {
            return true;
        }
        for range in groups {
            let options = GetOptions {
                range: Some(GetRange::Bounded(range.clone())),
                if_match: day.meta.e_tag.clone(),
                ..GetOptions::default()
            };
            let read = async { self.store().get_opts(&day.meta.location, options).await?.bytes().await };
            let Ok(bytes) = read.await else { return true };
            let Ok(filter) = Sbbf::from_bytes(&bytes) else { return true };
            if values.iter().any(|value| filter.check(*value)) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
