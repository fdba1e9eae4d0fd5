//! Detection of ignored parameters by comparing counts.

use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter};

/// Countries with hardly any phones: Antarctica and Bouvet Island.
const RARE_COUNTRIES: [&str; 2] = ["AQ", "BV"];
/// Value that matches no name or id.
const NOTHING: &str = "voxlake-no-such-value";
/// Values of a list that are tried until one has calls.
const MAX_VALUES_TRIED: usize = 5;

impl ApiClient {
    /// Checks that the API applies the `chosen` parameters of the filter, and all values of their
    /// lists, by the newest window that has calls. Returns whether there is one.
    ///
    /// # Errors
    /// [`FetchError::FilterIgnored`], and those of [`ApiClient::count`].
    pub(crate) async fn confirm_filter(
        &self,
        budget: &Budget,
        windows: &[TimeRange],
        chosen: impl Fn(FilterParameter) -> bool,
    ) -> Result<bool, FetchError> {
        let mut newest_first: Vec<TimeRange> = windows.to_vec();
        newest_first.sort_by_key(|window| std::cmp::Reverse(window.from));
        let mut has_all = true;
        for parameter in self.filter().parameters().filter(|parameter| chosen(*parameter)) {
            let mut is_confirmed = false;
            for window in &newest_first {
                is_confirmed = self.confirm(budget, *window, parameter).await?;
                if is_confirmed {
                    break;
                }
            }
            has_all &= is_confirmed;
        }
        Ok(has_all)
    }

    /// Returns whether the window has calls. Without calls the check is inconclusive.
    async fn confirm(
        &self,
        budget: &Budget,
        window: TimeRange,
        parameter: FilterParameter,
    ) -> Result<bool, FetchError> {
        // The counts have to be of one request each.
        let own = self.filter().first_chunks();
        let others = own.without(parameter);
        let all = self.count_one(budget, window, &others).await?;
        if all == 0 {
            return Ok(false);
        }
        let ignored = |reason: String| Err(FetchError::FilterIgnored { parameter, reason });
        let value = own.values(parameter).next();
        match self.count_other(budget, window, &others, (parameter, value)).await? {
            Some(other) if other >= all => {
                return ignored(format!("it counts {all} calls whatever the value"));
            }
            // It refuses values that it does not know: only the own one can tell.
            None if self.count_one(budget, window, &own).await? >= all => {
                return ignored(format!(
                    "it counts {all} calls with it and without it, and refuses other values"
                ));
            }
            _ => {}
        }
        self.confirm_list(budget, window, &own, parameter).await?;
        Ok(true)
    }

    /// Checks that the values of a list count, whether they come first or last.
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
        let with = |values: &[&str]| others.clone().with(parameter, values.iter().copied());
        let mut counts = Vec::new();
        for value in values.iter().take(MAX_VALUES_TRIED) {
            let Ok(one) = with(&[value]) else { return Ok(()) };
            counts.push(self.count_one(budget, window, &one).await?);
        }
        let Ok(several) = with(&values[..counts.len()]) else { return Ok(()) };
        let together = self.count_one(budget, window, &several).await?;
        let (largest, sum) = (counts.iter().copied().max().unwrap_or(0), counts.iter().sum::<u64>());
        let with_calls = counts.iter().filter(|count| **count > 0).count();
        // Calls that several values select are counted once. Of disjoint values, the sum is right.
        if together < largest || together > sum || with_calls > 1 && together == largest {
            let reason = format!(
                "of a list of {} values it counts {together} calls, and {largest} of one of them alone",
                counts.len()
            );
            return Err(FetchError::FilterIgnored { parameter, reason });
        }
        Ok(())
    }

    async fn count_one(
        &self,
        budget: &Budget,
        window: TimeRange,
        filter: &CallFilter,
    ) -> Result<u64, FetchError> {
        let page = self.count_with(budget, window, filter, self.list_form()).await?;
        page.total_records.ok_or(FetchError::Uncounted)
    }

    /// The count under `others` and another value of `parameter` than `value`, one that no call has
    /// if there is such; `None` where the API refuses the value.
    pub(crate) async fn count_other(
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
            (_, None) => Some(NOTHING),
        };
        let contrast = others.without(parameter).with(parameter, other);
        let contrast = contrast.map_err(|error| FetchError::Setting(error.to_string()))?;
        match self.count_with(budget, window, &contrast, self.list_form()).await {
            Ok(page) => page.total_records.ok_or(FetchError::Uncounted).map(Some),
            Err(FetchError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
