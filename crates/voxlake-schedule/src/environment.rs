//! Variables of the program's environment.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use voxlake_lake::StoreOptions;

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
pub struct Environment {
    variables: Arc<BTreeMap<String, String>>,
    store: StoreOptions,
}

impl Environment {
    /// Returns the value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Sets the options of object stores, in place of those in the variables.
    #[must_use]
    pub fn with_store(self, store: StoreOptions) -> Self {
        Self { store, ..self }
    }

    /// Options of object stores.
    pub(crate) fn store(&self) -> &StoreOptions {
        &self.store
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let variables: BTreeMap<String, String> = variables.into_iter().collect();
        let store = StoreOptions::from_variables(
            variables.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        );
        Self { variables: Arc::new(variables), store }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
