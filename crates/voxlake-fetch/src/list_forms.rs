//! Detection of the form of lists that an account accepts.

use chrono::TimeDelta;
use voxlake_lake::TimeRange;

use crate::{ApiClient, Budget, CallFilter, FetchError, FilterParameter, ListForm};

/// Whether the API honours a form of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormVerdict {
    /// The count is that of both values together.
    Honoured,
    /// The count is another than that of both values.
    NotHonoured,
    /// The counts do not tell.
    Unclear,
}

/// Verdicts on both forms of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListForms {
    /// On repeated keys.
    pub repeated: FormVerdict,
    /// On comma-separated values.
    pub comma_separated: FormVerdict,
}

impl ApiClient {
    /// Compares the counts of two queues in the past 24 hours, for four requests: each alone, and
    /// both in each form.
    ///
    /// # Errors
    /// As [`ApiClient::count`]; [`FetchError::FilterIgnored`] where the count is the same for all.
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
            let filter = filter.map_err(|error| FetchError::Setting(error.to_string()))?;
            match self.count_with(budget, window, &filter, form).await {
                Ok(page) => page.total_records.ok_or(FetchError::Uncounted),
                // It takes the list for one id, which it does not know.
                Err(FetchError::Refused { .. }) => Ok(0),
                Err(error) => Err(error),
            }
        };
        let (first, second) =
            (count(&queues[..1], ListForm::Repeated).await?, count(&queues[1..], ListForm::Repeated).await?);
        let repeated = count(&queues, ListForm::Repeated).await?;
        let comma_separated = count(&queues, ListForm::CommaSeparated).await?;
        if total > 0 && [first, second, repeated, comma_separated].iter().all(|count| *count == total) {
            let reason = format!("it counts {total} calls whatever the value");
            return Err(FetchError::FilterIgnored { parameter, reason });
        }
        let verdict = |both: u64| {
            let larger = first.max(second);
            if both > larger && both <= first + second {
                FormVerdict::Honoured
            } else if both == larger && larger > 0 {
                // One queue's calls may all have gone through the other as well.
                FormVerdict::Unclear
            } else {
                FormVerdict::NotHonoured
            }
        };
        Ok(ListForms { repeated: verdict(repeated), comma_separated: verdict(comma_separated) })
    }
}
