//! Secrets of deliveries, which the configuration names and an environment variable or a file
//! holds.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::environment::Environment;
use crate::secret_file::read_secret_file;

/// Place of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file; line breaks at its end are ignored.
    File(PathBuf),
}

/// A secret that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{purpose} is to be in {place}, {fault}")]
#[non_exhaustive]
pub struct SecretError {
    /// Purpose of the secret.
    pub purpose: String,
    /// Place where it is expected.
    pub place: String,
    /// Reason for which it cannot be read.
    pub fault: String,
}

const REMEDY: &str = "a secret is never written in the configuration: name the variable or the file that holds it, \
                     as { env = \"NAME\" } or { file = \"/run/secrets/name\" }";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Source;
        impl<'de> Visitor<'de> for Source {
            type Value = SecretSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ env = \"NAME\" } or { file = \"PATH\" }")
            }

            // The error does not repeat the value, which may be the secret.
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Err(E::custom(REMEDY))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<String>()? {
                    let value = map.next_value::<String>()?;
                    let source = match key.as_str() {
                        "env" => SecretSource::Env(value),
                        "file" => SecretSource::File(value.into()),
                        _ => return Err(de::Error::custom(REMEDY)),
                    };
                    if found.replace(source).is_some() {
                        return Err(de::Error::custom(REMEDY));
                    }
                }
                found.ok_or_else(|| de::Error::custom(REMEDY))
            }
        }
        deserializer.deserialize_any(Source)
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

impl SecretSource {
    /// Reads the secret, from `environment` or its file. `purpose` describes it in the error.
    ///
    /// # Errors
    /// [`SecretError`] if it is missing, empty, or in a file that other users can read.
    pub fn read(&self, purpose: &str, environment: &Environment) -> Result<SecretString, SecretError> {
        let missing = |fault: &str| SecretError {
            purpose: purpose.to_owned(),
            place: self.to_string(),
            fault: fault.to_owned(),
        };
        let secret = match self {
            Self::Env(name) => {
                SecretString::from(environment.get(name).ok_or_else(|| missing("which is not set"))?)
            }
            Self::File(path) => read_secret_file(path).map_err(|fault| missing(&format!("which {fault}")))?,
        };
        let secret = secret.expose_secret().trim_end_matches(['\r', '\n']);
        if secret.is_empty() { Err(missing("which is empty")) } else { Ok(SecretString::from(secret)) }
    }
}
