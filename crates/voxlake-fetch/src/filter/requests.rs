//! Conditions in the form in which they are sent.

use super::conditions::CallFilter;
use super::parameter::FilterParameter;

/// Maximum values of a list in one request.
pub(crate) const MAX_LIST_VALUES: usize = 20;
/// Maximum requests that the lists of one filter are split into.
const MAX_REQUESTS: usize = 100;

/// Form of a list in a request. The description of the endpoint shows repeated keys, and its texts
/// speak of comma-separated values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// `user_ids=a&user_ids=b`
    #[default]
    Repeated,
    /// `user_ids=a,b`
    CommaSeparated,
}

/// Parameters of one request, by name.
pub(crate) type RequestFilter = Vec<(&'static str, String)>;

impl CallFilter {
    /// Splits the filter into requests of at most 20 values per list.
    ///
    /// # Errors
    /// The reason why the filter cannot be sent.
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
    /// The same conditions with as many values of each list as one request takes.
    pub(crate) fn first_chunks(&self) -> Self {
        let mut filter = self.clone();
        for values in filter.values.values_mut() {
            *values = std::mem::take(values).into_iter().take(MAX_LIST_VALUES).collect();
        }
        filter
    }

    /// Whether one request selects all that it does.
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
    let parted = |value: &&&str| parameter.is_list() && value.contains(',');
    match values.iter().find(parted) {
        Some(value) if form == ListForm::CommaSeparated => {
            Err(format!("{parameter} {value:?} has a comma, and lists are sent comma-separated"))
        }
        _ => Ok(()),
    }
}
