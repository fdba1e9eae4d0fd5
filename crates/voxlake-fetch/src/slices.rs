//! The API's own counts of parts of a day.

use chrono::{NaiveDate, TimeDelta};
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// The API's count of one slice of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceCount {
    /// Number of calls.
    Counted(u64),
    /// It does not apply the parameter, so that its count says nothing.
    Ignored {
        /// How that shows.
        reason: String,
    },
    /// The API rejects the value.
    Unknown {
        /// The API's words.
        message: String,
    },
}

impl ApiClient {
    /// Counts the calls of a UTC day that match `filter`, for one request. `parameter` is the one
    /// that tells the slice from the rest of the day.
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
        self.count_slice_of(budget, TimeRange::of_day(date), filter, parameter).await
    }

    /// As [`ApiClient::count_slice`], without the calls that start in the first second of the next
    /// day: whether the end of a window belongs to it is not documented.
    ///
    /// # Errors
    /// As for a page of a sync.
    pub async fn count_slice_without_end(
        &self,
        budget: &Budget,
        date: NaiveDate,
        filter: &CallFilter,
        parameter: Option<FilterParameter>,
    ) -> Result<SliceCount, FetchError> {
        let day = TimeRange::of_day(date);
        let window = TimeRange { to: day.to - TimeDelta::seconds(1), ..day };
        self.count_slice_of(budget, window, filter, parameter).await
    }

    async fn count_slice_of(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &CallFilter,
        parameter: Option<FilterParameter>,
    ) -> Result<SliceCount, FetchError> {
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

    /// Whether the API applies a parameter, for one request: where one value gives `total` calls,
    /// another must give fewer.
    ///
    /// # Errors
    /// As for a page of a sync.
    pub async fn applies(
        &self,
        budget: &Budget,
        date: NaiveDate,
        others: &CallFilter,
        (parameter, value): (FilterParameter, &str),
        total: u64,
    ) -> Result<bool, FetchError> {
        match self.count_other(budget, TimeRange::of_day(date), others, (parameter, Some(value))).await? {
            None => Ok(true),
            Some(count) => Ok(count < total),
        }
    }
}
