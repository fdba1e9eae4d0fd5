//! Variables of the program's environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Variables that hold secrets and the credentials of object stores. The program passes those of
/// its process; tests pass their own.
///
/// Cheap to clone. `Debug` shows no values.
///
/// # Example
/// ```
/// use voxlake_schedule::Environment;
///
/// let environment = Environment::from_iter([("SMTP_PASSWORD".to_owned(), "secret".to_owned())]);
/// assert_eq!(environment.get("SMTP_PASSWORD"), Some("secret"));
/// assert_eq!(environment.get("OTHER"), None);
/// ```
#[derive(Clone, Default)]
pub struct Environment(Arc<BTreeMap<String, String>>);

impl Environment {
    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns all variables by name.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(Arc::new(variables.into_iter().collect()))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
