//! Detection of filter parameters that the API ignores, by comparing counts.
//!
//! An API that ignores a parameter returns too many calls without an error. A parameter is applied
//! if another value of it selects fewer calls than the filter without the parameter.

use voxlake_lake::{TimeRange, counted};

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// Countries with hardly any phones: Antarctica and Bouvet Island.
const RARE_COUNTRIES: [&str; 2] = ["AQ", "BV"];
/// Value that is not the name or id of anything.
const UNKNOWN_VALUE: &str = "voxlake-no-such-value";
/// Maximum values of a list that are counted separately.
const MAX_VALUES_TRIED: usize = 5;

impl ApiClient {
    /// Checks that the API applies the parameters of the filter that `select` accepts, and all
    /// values of their lists. Each is checked in the newest window with calls. Returns false if
    /// a parameter could not be checked because no window has calls.
    ///
    /// # Errors
    /// [`FetchError::FilterIgnored`], and the errors of [`ApiClient::count`].
    pub(crate) async fn confirm_filter(
        &self,
        budget: &Budget,
        windows: &[TimeRange],
        select: impl Fn(FilterParameter) -> bool,
    ) -> Result<bool, FetchError> {
        let mut newest_first: Vec<TimeRange> = windows.to_vec();
        newest_first.sort_by_key(|window| std::cmp::Reverse(window.from));
        let mut all_confirmed = true;
        for parameter in self.filter().parameters().filter(|parameter| select(*parameter)) {
            let mut is_confirmed = false;
            for window in &newest_first {
                is_confirmed = self.confirm_parameter(budget, *window, parameter).await?;
                if is_confirmed {
                    break;
                }
            }
            all_confirmed &= is_confirmed;
        }
        Ok(all_confirmed)
    }

    /// Checks one parameter. Returns whether the window has calls: without calls the check is
    /// inconclusive.
    async fn confirm_parameter(
        &self,
        budget: &Budget,
        window: TimeRange,
        parameter: FilterParameter,
    ) -> Result<bool, FetchError> {
        // Counts of several requests cannot be compared.
        let own = self.filter().first_chunks();
        let others = own.without(parameter);
        let all = self.count_one(budget, window, &others).await?;
        if all == 0 {
            return Ok(false);
        }
        let ignored = |reason: String| Err(FetchError::FilterIgnored { parameter, reason });
        let value = own.values(parameter).next();
        match self.count_contrast(budget, window, &others, (parameter, value)).await? {
            Some(other) if other >= all => {
                return ignored(format!("it counts {} for any value", counted(all, "call", "calls")));
            }
            // The API refuses unknown values: compare with the filter's own value.
            None if self.count_one(budget, window, &own).await? >= all => {
                return ignored(format!(
                    "it counts {} with and without it, and refuses other values",
                    counted(all, "call", "calls")
                ));
            }
            _ => {}
        }
        self.confirm_list(budget, window, &own, parameter).await?;
        Ok(true)
    }

    /// Checks that the API applies all values of a list, not only the first or the last.
    async fn confirm_list(
        &self,
        budget: &Budget,
        window: TimeRange,
        own: &CallFilter,
        parameter: FilterParameter,
    ) -> Result<(), FetchError> {
        let values: Vec<&str> = own.values(parameter).collect();
        if values.len() < 2 {
            return Ok(());
        }
        let others = own.without(parameter);
        let with_values = |values: &[&str]| others.clone().with(parameter, values.iter().copied());
        let mut counts = Vec::new();
        for value in values.iter().take(MAX_VALUES_TRIED) {
            let Ok(single) = with_values(&[value]) else { return Ok(()) };
            counts.push(self.count_one(budget, window, &single).await?);
        }
        let Ok(list) = with_values(&values[..counts.len()]) else { return Ok(()) };
        let list_count = self.count_one(budget, window, &list).await?;
        let (largest, sum) = (counts.iter().copied().max().unwrap_or(0), counts.iter().sum::<u64>());
        let nonzero = counts.iter().filter(|count| **count > 0).count();
        // The list selects at least the calls of its largest value and at most the sum of all. If
        // others have calls too, a count of only the largest means that the others are ignored.
        if list_count < largest || list_count > sum || nonzero > 1 && list_count == largest {
            let reason = format!(
                "it counts {} for a list of {} values, and {largest} for one of them alone",
                counted(list_count, "call", "calls"),
                counts.len()
            );
            return Err(FetchError::FilterIgnored { parameter, reason });
        }
        Ok(())
    }

    /// Counts the calls that match `filter`, with one request.
    async fn count_one(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &CallFilter,
    ) -> Result<u64, FetchError> {
        let page = self.count_with(budget, window, filter, self.list_form()).await?;
        page.total_records.ok_or(FetchError::MissingTotal)
    }

    /// Counts the calls that match `others` and have another value of `parameter` than `value`.
    /// Returns `None` if the API refuses the other value.
    pub(crate) async fn count_contrast(
        &self,
        budget: &Budget,
        window: TimeRange,
        others: &CallFilter,
        (parameter, value): (FilterParameter, Option<&str>),
    ) -> Result<Option<u64>, FetchError> {
        let is_own = |code: &&str| self.filter().values(parameter).any(|own| own == *code);
        let other = match (parameter, parameter.known_values()) {
            (FilterParameter::CountryIsoCodes, _) => RARE_COUNTRIES.into_iter().find(|code| !is_own(code)),
            (_, Some(known)) => known.iter().copied().find(|known| Some(*known) != value),
            (_, None) => Some(UNKNOWN_VALUE),
        };
        let contrast = others.without(parameter).with(parameter, other);
        let contrast = contrast.map_err(|error| FetchError::InvalidConfig(error.to_string()))?;
        match self.count_with(budget, window, &contrast, self.list_form()).await {
            Ok(page) => page.total_records.ok_or(FetchError::MissingTotal).map(Some),
            Err(FetchError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
