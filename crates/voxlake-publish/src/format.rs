//! Names of table formats.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Format in which a lake is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableFormat {
    /// Delta Lake, reader version 1.
    #[default]
    Delta,
}

impl TableFormat {
    /// All formats.
    pub const ALL: [Self; 1] = [Self::Delta];

    /// Name of the format.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Delta => "delta",
        }
    }
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Error for a format that cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnsupportedFormat {
    /// Iceberg, which has no library for the Arrow version of this program.
    #[error(
        "iceberg is not supported: its Rust library needs an older Arrow than this program; the formats are: delta"
    )]
    Iceberg,
    /// Another name.
    #[error("{0:?} is not a table format; the formats are: delta")]
    Unknown(String),
}

impl FromStr for TableFormat {
    type Err = UnsupportedFormat;

    fn from_str(text: &str) -> Result<Self, UnsupportedFormat> {
        match (Self::ALL.into_iter().find(|format| format.name() == text), text) {
            (Some(format), _) => Ok(format),
            (None, "iceberg") => Err(UnsupportedFormat::Iceberg),
            (None, other) => Err(UnsupportedFormat::Unknown(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_formats_say_why() {
        assert_eq!("delta".parse(), Ok(TableFormat::Delta));
        assert!("iceberg".parse::<TableFormat>().unwrap_err().to_string().contains("formats are: delta"));
        assert_eq!(
            "hudi".parse::<TableFormat>().unwrap_err().to_string(),
            "\"hudi\" is not a table format; the formats are: delta"
        );
    }
}
