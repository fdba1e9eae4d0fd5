//! Secrets of deliveries: named in the configuration, held by a variable or a file, never written there.

use std::fmt;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::exit::UsageError;
use crate::secret_file;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecretSource {
    /// In a variable of the environment.
    Env(String),
    /// In a file, whose line breaks at the end do not count.
    File(PathBuf),
}

const RIGHT: &str = "a secret is never written in the configuration: name the variable or the file that holds it, \
                     as { env = \"NAME\" } or { file = \"/run/secrets/name\" }";

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Source;
        impl<'de> Visitor<'de> for Source {
            type Value = SecretSource;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("{ env = \"NAME\" } or { file = \"PATH\" }")
            }

            // The value is not repeated: it may well be the secret.
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Err(E::custom(RIGHT))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<String>()? {
                    let value = map.next_value::<String>()?;
                    let source = match key.as_str() {
                        "env" => SecretSource::Env(value),
                        "file" => SecretSource::File(value.into()),
                        _ => return Err(de::Error::custom(RIGHT)),
                    };
                    if found.replace(source).is_some() {
                        return Err(de::Error::custom(RIGHT));
                    }
                }
                found.ok_or_else(|| de::Error::custom(RIGHT))
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
    /// The secret. `of` says what it is for.
    pub(crate) fn read(&self, of: &str) -> Result<SecretString, UsageError> {
        let missing = |why: &str| UsageError(format!("{of} is to be in {self}, {why}"));
        let secret = match self {
            Self::Env(name) => {
                SecretString::from(std::env::var(name).map_err(|_| missing("which is not set"))?)
            }
            Self::File(path) => secret_file::read(path).map_err(|why| missing(&format!("which {why}")))?,
        };
        let secret = secret.expose_secret().trim_end_matches(['\r', '\n']);
        if secret.is_empty() { Err(missing("which is empty")) } else { Ok(SecretString::from(secret)) }
    }
}
