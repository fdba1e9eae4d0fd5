//! Options of an object store: credentials, endpoint, region.

use std::fmt;

/// Prefixes of the standard variables of the object stores.
const PREFIXES: [&str; 3] = ["aws_", "azure_", "google_"];

/// Options of an object store, by the names that `object_store` gives them, such as `aws_region`.
///
/// A store ignores the options of another. `Debug` shows no values, since some are secrets.
///
/// ```
/// use voxlake_lake::StoreOptions;
///
/// let variables = [("AWS_REGION", "eu-central-1"), ("REGION", "ignored")];
/// let options = StoreOptions::from_variables(variables).with("aws_region", "eu-west-1");
/// assert_eq!(options.get("aws_region"), Some("eu-west-1"));
/// assert_eq!(options.get("region"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreOptions(Vec<(String, String)>);

impl StoreOptions {
    /// Returns the options in variables of the environment: those that start with `AWS_`, `AZURE_`
    /// or `GOOGLE_`. Empty variables count as unset.
    pub fn from_variables<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut options = Self::default();
        for (name, value) in variables {
            let (name, value) = (name.into().to_ascii_lowercase(), value.into());
            if PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !value.is_empty() {
                options = options.with(&name, value);
            }
        }
        options
    }

    /// Sets an option, and replaces its previous value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds the options of `other`, which override those of the same name.
    #[must_use]
    pub fn overridden_by(self, other: &Self) -> Self {
        other.0.iter().fold(self, |options, (name, value)| options.with(name, value.as_str()))
    }

    /// Returns the value of an option.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// Returns the names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_has_no_values() {
        let options =
            StoreOptions::from_variables([("AWS_SECRET_ACCESS_KEY", "top secret"), ("AWS_REGION", "")]);
        assert_eq!(format!("{options:?}"), r#"{"aws_secret_access_key"}"#);
    }
}
