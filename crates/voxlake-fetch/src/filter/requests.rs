//! Form of conditions in requests.

use serde::{Deserialize, Serialize};

use super::conditions::CallFilter;
use super::parameter::FilterParameter;

/// Maximum values of a list in one request.
pub(crate) const MAX_LIST_VALUES: usize = 20;
/// Maximum requests per page into which long lists are split.
const MAX_REQUESTS: usize = 100;

/// Form of lists in requests. The API documentation shows repeated keys in its examples, and
/// mentions comma-separated values in its texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListForm {
    /// Repeated keys: `user_ids=a&user_ids=b`.
    #[default]
    Repeated,
    /// Comma-separated values: `user_ids=a,b`.
    #[serde(rename = "comma")]
    CommaSeparated,
}

impl ListForm {
    /// All forms.
    pub const ALL: [Self; 2] = [Self::Repeated, Self::CommaSeparated];

    /// Returns the name of the form in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repeated => "repeated",
            Self::CommaSeparated => "comma",
        }
    }

    /// Returns a short description for people.
    pub fn description(self) -> &'static str {
        match self {
            Self::Repeated => "Repeat the key for each value",
            Self::CommaSeparated => "One key with comma-separated values",
        }
    }
}

/// Parameters of one request, by name.
pub(crate) type RequestFilter = Vec<(&'static str, String)>;

impl CallFilter {
    /// Splits the filter into requests of at most 20 values per list.
    ///
    /// # Errors
    /// Returns the reason as a text if the filter cannot be sent.
    pub(crate) fn requests(&self, form: ListForm) -> Result<Vec<RequestFilter>, String> {
        let mut requests: Vec<RequestFilter> = vec![Vec::new()];
        for (parameter, values) in &self.values {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            check_commas(*parameter, &values, form)?;
            requests = requests
                .iter()
                .flat_map(|request| {
                    values.chunks(MAX_LIST_VALUES).map(|chunk| {
                        let mut request = request.clone();
                        request.extend(pairs(*parameter, chunk, form));
                        request
                    })
                })
                .collect();
            if requests.len() > MAX_REQUESTS {
                return Err(format!(
                    "the lists of the filter need more than {MAX_REQUESTS} requests per page \
                     ({MAX_LIST_VALUES} values per request)"
                ));
            }
        }
        Ok(requests)
    }
}

impl CallFilter {
    /// Returns the filter with at most as many values of each list as one request holds.
    pub(crate) fn first_chunks(&self) -> Self {
        let mut filter = self.clone();
        for values in filter.values.values_mut() {
            *values = std::mem::take(values).into_iter().take(MAX_LIST_VALUES).collect();
        }
        filter
    }

    /// Returns whether the filter fits into one request.
    #[must_use]
    pub fn fits_one_request(&self) -> bool {
        self.values.values().all(|values| values.len() <= MAX_LIST_VALUES)
    }
}

fn pairs(parameter: FilterParameter, values: &[&str], form: ListForm) -> RequestFilter {
    match form {
        ListForm::CommaSeparated if parameter.is_list() => vec![(parameter.name(), values.join(","))],
        _ => values.iter().map(|value| (parameter.name(), (*value).to_owned())).collect(),
    }
}

/// Rejects values with a comma in the comma-separated form.
fn check_commas(parameter: FilterParameter, values: &[&str], form: ListForm) -> Result<(), String> {
    let has_comma = |value: &&&str| parameter.is_list() && value.contains(',');
    match values.iter().find(has_comma) {
        Some(value) if form == ListForm::CommaSeparated => {
            Err(format!("{parameter} {value:?} contains a comma, which separates values in this list form"))
        }
        _ => Ok(()),
    }
}
