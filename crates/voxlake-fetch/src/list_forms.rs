//! Detection of the list form that an account accepts.

use chrono::TimeDelta;
use voxlake_lake::{TimeRange, counted};

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter, ListForm};

/// Result of the check of one list form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormVerdict {
    /// The API applies both values.
    Honoured,
    /// The API does not apply both values.
    NotHonoured,
    /// The counts do not distinguish the two cases.
    Unclear,
}

/// Verdicts on both list forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListForms {
    /// Verdict on repeated keys.
    pub repeated: FormVerdict,
    /// Verdict on comma-separated values.
    pub comma_separated: FormVerdict,
}

impl ApiClient {
    /// Compares the counts of two queues in the past 24 hours, with four requests: each queue
    /// alone, and both in each form. `total` is the count without a filter.
    ///
    /// # Errors
    /// The errors of [`ApiClient::count`], and [`FetchError::FilterIgnored`] if all counts are
    /// `total`.
    pub async fn list_forms(
        &self,
        budget: &Budget,
        queues: [&str; 2],
        total: u64,
    ) -> Result<ListForms, FetchError> {
        let to = self.clock.now();
        let window = TimeRange { from: to - TimeDelta::hours(24), to };
        let parameter = FilterParameter::CcQueueIds;
        let count = async |ids: &[&str], form| {
            let filter = CallFilter::default().with(parameter, ids.iter().copied());
            let filter = filter.map_err(|error| FetchError::InvalidConfig(error.to_string()))?;
            match self.count_with(budget, window, &filter, form).await {
                Ok(page) => page.total_records.ok_or(FetchError::MissingTotal),
                // The API takes the list for a single unknown id.
                Err(FetchError::Refused { .. }) => Ok(0),
                Err(error) => Err(error),
            }
        };
        let (first, second) =
            (count(&queues[..1], ListForm::Repeated).await?, count(&queues[1..], ListForm::Repeated).await?);
        let repeated = count(&queues, ListForm::Repeated).await?;
        let comma_separated = count(&queues, ListForm::CommaSeparated).await?;
        if total > 0 && [first, second, repeated, comma_separated].iter().all(|count| *count == total) {
            let reason = format!("it counts {} for any value", counted(total, "call", "calls"));
            return Err(FetchError::FilterIgnored { parameter, reason });
        }
        let verdict = |both: u64| {
            let larger = first.max(second);
            if both > larger && both <= first + second {
                FormVerdict::Honoured
            } else if both == larger && larger > 0 {
                // All calls of one queue may have passed through the other.
                FormVerdict::Unclear
            } else {
                FormVerdict::NotHonoured
            }
        };
        Ok(ListForms { repeated: verdict(repeated), comma_separated: verdict(comma_separated) })
    }
}
