//! Settings from variables of the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use figment::providers::Serialized;
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};

use crate::names;
use crate::table::{self, Source};

/// Variables of the environment that may be settings.
///
/// A variable sets the setting of its name after the prefix. The caller reads the environment.
/// `Debug` shows no values, since a variable that no setting has may hold a secret.
///
/// ```
/// use voxlake_config::EnvironmentSettings;
///
/// let environment = EnvironmentSettings::new("APP_", [("APP_TIMEZON", "Europe/Berlin")]);
/// let warnings = environment.unknown_variables();
/// assert_eq!(warnings, ["the variable APP_TIMEZON sets nothing; did you mean APP_TIMEZONE?"]);
/// ```
#[derive(Clone, Default)]
pub struct EnvironmentSettings {
    prefix: String,
    variables: Vec<(String, OsString)>,
    other_names: Vec<&'static str>,
}

impl EnvironmentSettings {
    /// Creates an environment of the variables that start with a prefix, such as `APP_`.
    pub fn new<N: Into<OsString>, V: Into<OsString>>(
        prefix: &str,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables.into_iter().filter_map(|(name, value)| {
            let name = name.into().into_string().ok()?;
            let is_ours = name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
            is_ours.then(|| (name, value.into()))
        });
        Self { prefix: prefix.to_owned(), variables: variables.collect(), other_names: Vec::new() }
    }

    /// Sets the names of further variables of the program, which are not settings. They are in
    /// lower case and without the prefix.
    #[must_use]
    pub fn with_other_names(mut self, names: &[&'static str]) -> Self {
        self.other_names = names.to_vec();
        self
    }

    /// Returns a message for each variable whose name is nearly that of a setting.
    pub fn unknown_variables(&self) -> Vec<String> {
        let known = || table::names(&[Source::Value, Source::Text]).chain(self.other_names.iter().copied());
        let unknown = self.variables.iter().filter_map(|(name, _)| {
            let setting = name.strip_prefix(&self.prefix)?.to_ascii_lowercase();
            if known().any(|known| known == setting) {
                return None;
            }
            // Other variables may be referred to by settings, or belong to a service of the same
            // name.
            let near = names::nearest_of(&setting, known())?.to_ascii_uppercase();
            Some(format!("the variable {name} sets nothing; did you mean {}{near}?", self.prefix))
        });
        unknown.collect()
    }

    /// Returns the numbers and Booleans.
    pub(crate) fn values(&self) -> EnvironmentValues {
        let values = self.variables.iter().filter_map(|(name, value)| {
            let setting = name[self.prefix.len()..].to_ascii_lowercase();
            let is_known = table::names(&[Source::Value]).any(|known| known == setting);
            let value = value.to_string_lossy().parse().ok()?;
            is_known.then_some((setting, value))
        });
        EnvironmentValues(values.collect())
    }

    /// Returns the texts. Figment would parse some as numbers.
    pub(crate) fn texts(&self) -> Serialized<BTreeMap<&'static str, String>> {
        let given = table::names(&[Source::Text]).filter_map(|setting| {
            let name = format!("{}{}", self.prefix, setting.to_ascii_uppercase());
            let (_, value) = self.variables.iter().find(|(known, _)| *known == name)?;
            let value = value.clone().into_string().ok()?;
            (!value.is_empty()).then_some((setting, value))
        });
        Serialized::defaults(given.collect())
    }
}

impl fmt::Debug for EnvironmentSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.iter().map(|(name, _)| name)).finish()
    }
}

/// Source of the numbers and Booleans.
pub(crate) struct EnvironmentValues(Dict);

impl Provider for EnvironmentValues {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_variables_have_suggestions() {
        let names = ["APP_LAKE", "APP_TIMEZON", "APP_LOG", "APP_SERVICE_HOST", "APP_WEBHOOK", "PATH"];
        let environment = EnvironmentSettings::new("APP_", names.map(|name| (name, "")))
            .with_other_names(&["config", "log", "pager", "test_now"]);
        assert_eq!(
            environment.unknown_variables(),
            ["the variable APP_TIMEZON sets nothing; did you mean APP_TIMEZONE?"]
        );
    }
}
