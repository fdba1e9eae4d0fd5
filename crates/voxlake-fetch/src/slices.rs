//! The API's own counts of parts of a day.

use chrono::NaiveDate;
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// What the API says of the calls of one day that meet a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceCount {
    /// It counts so many.
    Counted(u64),
    /// It does not apply the parameter, so that its count says nothing.
    Ignored {
        /// How that shows.
        reason: String,
    },
    /// It knows no such value.
    Unknown {
        /// The API's words.
        message: String,
    },
}

impl ApiClient {
    /// How many calls of a UTC day the API counts under `filter`, for one request. `parameter` is the one that tells
    /// the slice from the rest of the day.
    ///
    /// # Errors
    /// As for a page of a sync.
    pub async fn count_slice(
        &self,
        budget: &Budget,
        date: NaiveDate,
        filter: &CallFilter,
        parameter: Option<FilterParameter>,
    ) -> Result<SliceCount, FetchError> {
        let window = TimeRange::of_day(date);
        let page = match self.count_with(budget, window, filter, self.list_form()).await {
            Ok(page) => page,
            Err(FetchError::Refused { message, .. }) if parameter.is_some() => {
                return Ok(SliceCount::Unknown { message });
            }
            Err(error) => return Err(error),
        };
        match (filter.check(&page.calls), page.total_records) {
            (Err(FetchError::FilterIgnored { reason, .. }), _) => Ok(SliceCount::Ignored { reason }),
            (Err(error), _) => Err(error),
            (Ok(()), Some(total)) => Ok(SliceCount::Counted(total)),
            (Ok(()), None) => Err(FetchError::Uncounted),
        }
    }

    /// Whether the count of a day depends on `parameter` at all, for one request: whether a value that no call has
    /// gives fewer than `total` calls.
    ///
    /// # Errors
    /// As for a page of a sync.
    pub async fn applies(
        &self,
        budget: &Budget,
        date: NaiveDate,
        others: &CallFilter,
        parameter: FilterParameter,
        total: u64,
    ) -> Result<bool, FetchError> {
        match self.count_nothing(budget, TimeRange::of_day(date), others, parameter).await? {
            None => Ok(true),
            Some(count) => Ok(count < total),
        }
    }
}
