//! Whether the API applies parameters whose fields records do not have: told by counts.

use voxlake_lake::TimeRange;

use super::{CallFilter, FilterParameter};
use crate::{ApiClient, Budget, FetchError};

/// Windows that are tried until one has calls.
const MAX_WINDOWS: usize = 3;
/// Countries with hardly any phones: Antarctica and Bouvet Island.
const RARE_COUNTRIES: [&str; 2] = ["AQ", "BV"];
/// No name or id of anything.
const NOTHING: &str = "voxlake-no-such-value";

impl ApiClient {
    /// Checks that the API applies each parameter of the filter that records do not show.
    ///
    /// The count under the filter has to be smaller than without the parameter. Where it is not, as all calls may meet
    /// it, the count of a value that no call has must be.
    ///
    /// # Errors
    /// [`FetchError::FilterIgnored`], and those of [`ApiClient::count`].
    pub(crate) async fn confirm_filter(
        &self,
        budget: &Budget,
        windows: &[TimeRange],
    ) -> Result<(), FetchError> {
        for parameter in self.filter().parameters().filter(|parameter| !parameter.is_shown()) {
            for window in windows.iter().take(MAX_WINDOWS) {
                if self.confirm(budget, *window, parameter).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Returns whether the window has calls to tell by.
    async fn confirm(
        &self,
        budget: &Budget,
        window: TimeRange,
        parameter: FilterParameter,
    ) -> Result<bool, FetchError> {
        // One value of each list: the count without the parameter has to be of one request.
        let others = self.filter().without(parameter).first_values();
        let count = async |filter: &CallFilter| {
            let page = self.count_with(budget, window, filter, self.list_form()).await?;
            page.total_records.ok_or(FetchError::Uncounted)
        };
        let all = count(&others).await?;
        if all == 0 {
            return Ok(false);
        }
        match self.count_nothing(budget, window, &others, parameter).await? {
            Some(count) if count >= all => {
                let reason = format!("it counts {all} calls whatever the value");
                Err(FetchError::FilterIgnored { parameter, reason })
            }
            _ => Ok(true),
        }
    }

    /// The count under `others` and a value of `parameter` that no call should have; `None` where the API refuses the
    /// value.
    pub(crate) async fn count_nothing(
        &self,
        budget: &Budget,
        window: TimeRange,
        others: &CallFilter,
        parameter: FilterParameter,
    ) -> Result<Option<u64>, FetchError> {
        let is_own = |code: &&str| self.filter().values(parameter).any(|own| own == *code);
        let value = match parameter {
            FilterParameter::CountryIsoCodes => RARE_COUNTRIES.into_iter().find(|code| !is_own(code)),
            _ => Some(NOTHING),
        };
        let contrast = others.without(parameter).with(parameter, value);
        let contrast = contrast.map_err(|error| FetchError::Setting(error.to_string()))?;
        match self.count_with(budget, window, &contrast, self.list_form()).await {
            Ok(page) => page.total_records.ok_or(FetchError::Uncounted).map(Some),
            Err(FetchError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl CallFilter {
    /// The same conditions with one value of each.
    fn first_values(&self) -> Self {
        let mut filter = self.clone();
        for values in filter.values.values_mut() {
            let first = values.pop_first();
            *values = first.into_iter().collect();
        }
        filter
    }
}
