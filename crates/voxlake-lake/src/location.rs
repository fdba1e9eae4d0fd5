//! Location of a lake: a folder, or the URL of an object store with its options.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::error::LakeError;
use crate::store_options::StoreOptions;

/// Location of a lake: a path, or a URL with the options of its object store.
///
/// ```
/// use voxlake_lake::{LakeLocation, StoreOptions};
///
/// let options = StoreOptions::default().with("aws_region", "eu-central-1");
/// let location = LakeLocation::from("s3://bucket/calls").with_options(options);
/// assert!(location.is_remote());
/// assert!(!LakeLocation::from("data").is_remote());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LakeLocation {
    text: String,
    options: StoreOptions,
}

impl LakeLocation {
    /// Sets the options of the object store. A local lake needs none.
    #[must_use]
    pub fn with_options(mut self, options: StoreOptions) -> Self {
        self.options = options;
        self
    }

    /// The path or URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Options of the object store.
    #[must_use]
    pub fn options(&self) -> &StoreOptions {
        &self.options
    }

    /// Returns whether this is the URL of an object store.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.text.contains("://") && !self.text.starts_with("file://")
    }

    /// Returns the folder of a local lake. `None` for an object store.
    ///
    /// # Errors
    /// [`LakeError::InvalidLocation`] if it is empty, or a `file` URL of another machine.
    pub(crate) fn folder(&self) -> Result<Option<PathBuf>, LakeError> {
        if self.text.trim().is_empty() {
            return Err(LakeError::InvalidLocation {
                location: "\"\"".to_owned(),
                reason: "it is empty".to_owned(),
            });
        }
        if self.is_remote() {
            return Ok(None);
        }
        if !self.text.starts_with("file://") {
            return Ok(Some(Path::new(&self.text).to_path_buf()));
        }
        let url = self.url()?;
        url.to_file_path().map(Some).map_err(|()| self.invalid("it is not a path of this machine"))
    }

    /// Parses the URL.
    ///
    /// # Errors
    /// [`LakeError::InvalidLocation`]
    pub(crate) fn url(&self) -> Result<Url, LakeError> {
        Url::parse(&self.text).map_err(|error| self.invalid(error.to_string()))
    }

    pub(crate) fn invalid(&self, reason: impl Into<String>) -> LakeError {
        LakeError::InvalidLocation { location: self.text.clone(), reason: reason.into() }
    }
}

impl fmt::Display for LakeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for LakeLocation {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), options: StoreOptions::default() }
    }
}

impl From<String> for LakeLocation {
    fn from(text: String) -> Self {
        Self { text, options: StoreOptions::default() }
    }
}

impl From<&String> for LakeLocation {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Cow<'_, str>> for LakeLocation {
    fn from(text: &Cow<'_, str>) -> Self {
        Self::from(text.as_ref())
    }
}

impl From<&Self> for LakeLocation {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}
