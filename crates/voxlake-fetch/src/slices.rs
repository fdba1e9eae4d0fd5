//! Counts of slices of a day by the API.

use chrono::{NaiveDate, TimeDelta};
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// Count of one slice of a day by the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceCount {
    /// Number of calls.
    Counted(u64),
    /// The API ignores the parameter, so its count is meaningless.
    Ignored {
        /// Evidence in the response.
        reason: String,
    },
    /// The API refuses the value.
    Unknown {
        /// Message of the API.
        message: String,
    },
}

impl ApiClient {
    /// Counts the calls of a UTC day that match `filter`, with one request. `parameter` is the one
    /// that selects the slice.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn count_slice(
        &self,
        budget: &Budget,
        date: NaiveDate,
        filter: &CallFilter,
        parameter: Option<FilterParameter>,
    ) -> Result<SliceCount, FetchError> {
        self.count_slice_within(budget, TimeRange::of_day(date), filter, parameter).await
    }

    /// Counts like [`ApiClient::count_slice`], without the last second of the day. The API
    /// documentation does not define whether the end of a window is inclusive.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn count_slice_before_end(
        &self,
        budget: &Budget,
        date: NaiveDate,
        filter: &CallFilter,
        parameter: Option<FilterParameter>,
    ) -> Result<SliceCount, FetchError> {
        let day = TimeRange::of_day(date);
        let window = TimeRange { to: day.to - TimeDelta::seconds(1), ..day };
        self.count_slice_within(budget, window, filter, parameter).await
    }

    async fn count_slice_within(
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
        match (filter.check_records(&page.calls), page.total_records) {
            (Err(FetchError::FilterIgnored { reason, .. }), _) => Ok(SliceCount::Ignored { reason }),
            (Err(error), _) => Err(error),
            (Ok(()), Some(total)) => Ok(SliceCount::Counted(total)),
            (Ok(()), None) => Err(FetchError::MissingTotal),
        }
    }

    /// Returns whether the API applies a parameter, with one request: if `value` selects `total`
    /// calls, another value must select fewer.
    ///
    /// # Errors
    /// The error of the request.
    pub async fn applies_parameter(
        &self,
        budget: &Budget,
        date: NaiveDate,
        others: &CallFilter,
        (parameter, value): (FilterParameter, &str),
        total: u64,
    ) -> Result<bool, FetchError> {
        match self.count_contrast(budget, TimeRange::of_day(date), others, (parameter, Some(value))).await? {
            None => Ok(true),
            Some(count) => Ok(count < total),
        }
    }
}
