//! Loading of settings: the file, then the environment, then the options of the program.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use voxlake_lake::StoreOptions;
use voxlake_query::read_text_file;

use crate::environment::EnvironmentSettings;
use crate::error::{ConfigError, invalid};
use crate::names;
use crate::settings::Settings;
use crate::store::StoreSettings;
use crate::table::{DEFAULT_FILE, RawSettings};
use crate::trust::{EffectiveSettings, Untrusted};

/// Sources of settings. Options override the environment, which overrides the file.
///
/// By default the file is `voxlake.toml` in the working folder, if it exists.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConfigSources {
    /// File that the user named. It has to exist.
    pub file: Option<PathBuf>,
    /// Variables of the environment.
    pub environment: EnvironmentSettings,
    /// Options of object stores from variables of the environment.
    pub store: StoreOptions,
    /// Options of the program.
    pub options: RawSettings,
}

impl ConfigSources {
    /// Creates sources without options.
    #[must_use]
    pub fn new(file: Option<PathBuf>, environment: EnvironmentSettings) -> Self {
        Self { file, environment, ..Self::default() }
    }

    /// Sets the options of object stores that variables of the environment have.
    #[must_use]
    pub fn with_store(mut self, store: StoreOptions) -> Self {
        self.store = store;
        self
    }

    /// Sets the options of the program.
    #[must_use]
    pub fn with_options(mut self, options: RawSettings) -> Self {
        self.options = options;
        self
    }
}

impl Settings {
    /// Loads settings. `warn` receives the warnings.
    ///
    /// # Errors
    /// [`ConfigError`] for a file that cannot be read, and for unknown or invalid settings.
    pub fn load(sources: ConfigSources, warn: &mut dyn FnMut(&str)) -> Result<Self, ConfigError> {
        let is_named = sources.file.is_some();
        let file = match sources.file {
            Some(path) if !path.is_file() => return Err(ConfigError::NoFile { path }),
            Some(path) => Some(path),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.is_file()),
        };
        let file = file.as_deref();
        let mut figment = Figment::new();
        if let Some(file) = file {
            let text = read_text_file(file)?;
            names::check_file(file, &text)?;
            figment = figment.merge(Toml::string(&text));
        }
        for warning in sources.environment.unknown_variables() {
            warn(&warning);
        }
        let raw: RawSettings = figment
            .merge(sources.environment.values())
            .merge(sources.environment.texts())
            .merge(Serialized::defaults(sources.options))
            .extract()
            .map_err(|error| invalid_setting(&error, file))?;
        let store_recipients = raw.store.as_ref().map(StoreSettings::recipients).unwrap_or_default();
        let mut settings = Self::resolve(raw, &sources.store)?;
        if let Some(file) = file.filter(|_| !is_named) {
            let effective = EffectiveSettings {
                api_url: &settings.api_url,
                oauth_url: &settings.oauth_url,
                insecure_http: settings.insecure_http,
                mail: settings.mail.as_ref(),
                schedule: &settings.schedule,
                store: store_recipients,
            };
            settings.untrusted = Untrusted::find(file, effective);
        }
        settings.lake = settings.lake_at(settings.lake.as_str())?;
        Ok(settings)
    }
}

/// Converts an error of figment. The text has the source, line and name of the setting.
fn invalid_setting(error: &figment::Error, file: Option<&Path>) -> ConfigError {
    let source = match (error.metadata.as_ref().map(|from| from.name.as_ref()), file) {
        (Some(name), Some(file)) if name.contains("TOML") => file.display().to_string(),
        (Some(name), _) if name.contains("environment") => "the environment".to_owned(),
        _ => "the configuration".to_owned(),
    };
    let setting = error.path.join(".");
    let setting = if setting.is_empty() { String::new() } else { format!(", {setting}") };
    let line = match file.filter(|file| source == file.display().to_string()) {
        Some(file) => read_text_file(file).ok().and_then(|text| names::line_of_error(&text, error)),
        None => None,
    };
    let line = line.map_or_else(String::new, |line| format!(", line {line}"));
    let reason = match &error.kind {
        figment::error::Kind::UnknownField(name, known) => names::unknown_field(name, known),
        other => other.to_string(),
    };
    invalid(format!("{source}{line}{setting}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, variables: &[(&str, &str)], lake: Option<&str>) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.toml");
        std::fs::write(&path, file).unwrap();
        let options = RawSettings { lake: lake.map(str::to_owned), ..RawSettings::default() };
        let environment = EnvironmentSettings::new("APP_", variables.iter().copied());
        let sources = ConfigSources::new(Some(path.clone()), environment).with_options(options);
        Settings::load(sources, &mut |_| {})
            .map_err(|error| error.to_string().replace(&path.display().to_string(), "app.toml"))
    }

    #[test]
    fn options_override_environment_and_file() {
        let file = "lake = 'file'\ncommit_calls = 1\nsummaries = false";
        let variables = [("APP_LAKE", "2026"), ("app_commit_calls", "2"), ("APP_QUERIES", "")];
        let settings = load(file, &variables, None).unwrap();
        assert_eq!((settings.lake.as_str(), settings.commit_calls, settings.summaries), ("2026", 2, false));
        assert_eq!(settings.queries, None);
        assert_eq!(load(file, &variables, Some("option")).unwrap().lake.as_str(), "option");
        assert_eq!(load(file, &[], None).unwrap().lake.as_str(), "file");
    }

    #[test]
    fn published_versions_have_a_time() {
        let keep = |file| load(file, &[], None).map(|settings| settings.publish_keep);
        assert_eq!(keep(""), Ok(None));
        assert_eq!(keep("[publish]\nkeep = '30d'"), Ok(Some(chrono::TimeDelta::days(30))));
        assert!(
            keep("[publish]\nkeep = 'long'").unwrap_err().contains("publish.keep \"long\" is no duration")
        );
        assert!(keep("[publish]\nkep = '1d'").unwrap_err().contains("did you mean keep?"));
    }

    #[test]
    fn errors_name_source_line_and_setting() {
        let error = |file, variables: &[(&str, &str)]| load(file, variables, None).unwrap_err();
        assert!(error("lake = 'a'\nwalkers = 'x'", &[]).starts_with("app.toml, line 2, walkers: "));
        assert!(error("", &[("APP_WALKERS", "x")]).starts_with("the environment, walkers: "));
        assert!(error("", &[("APP_PLAN", "x")]).starts_with("the configuration, plan: "));
        assert_eq!(
            error("[sync.filter]\nqueus = 'a'", &[]),
            "app.toml, line 2, sync.filter.queus: there is no setting queus; did you mean queue?"
        );
    }
}
