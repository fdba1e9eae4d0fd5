//! Names of the files in the log of a Delta table.

use object_store::path::Path;

/// Folder of the log within the table.
pub(crate) const LOG_FOLDER: &str = "_delta_log";
/// Digits of a version in a file's name.
const VERSION_DIGITS: usize = 20;

/// A file of the log that belongs to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFile {
    /// Changes of a version.
    Commit(u64),
    /// All files of a version.
    Checkpoint(u64),
    /// Another file of a version, such as a checksum.
    Other(u64),
}

impl LogFile {
    /// Parses a path within the table. `None` for a file that belongs to no version.
    pub(crate) fn parse(path: &Path) -> Option<Self> {
        let name = path.as_ref().strip_prefix(LOG_FOLDER)?.strip_prefix('/')?;
        let (version, rest) = name.split_at_checked(VERSION_DIGITS)?;
        let version = version.parse().ok().filter(|_| version.bytes().all(|b| b.is_ascii_digit()))?;
        Some(match rest {
            ".json" => Self::Commit(version),
            ".checkpoint.parquet" => Self::Checkpoint(version),
            _ => Self::Other(version),
        })
    }

    pub(crate) fn version(&self) -> u64 {
        match self {
            Self::Commit(version) | Self::Checkpoint(version) | Self::Other(version) => *version,
        }
    }

    /// Version of a commit. `None` for other files.
    pub(crate) fn commit(&self) -> Option<u64> {
        matches!(self, Self::Commit(_)).then_some(self.version())
    }

    /// Version of a checkpoint. `None` for other files.
    pub(crate) fn checkpoint(&self) -> Option<u64> {
        matches!(self, Self::Checkpoint(_)).then_some(self.version())
    }
}

/// Path within the table of the commit of a version.
pub(crate) fn commit_path(version: u64) -> String {
    format!("{LOG_FOLDER}/{version:0VERSION_DIGITS$}.json")
}

/// Path within the table of the checkpoint of a version.
pub(crate) fn checkpoint_path(version: u64) -> String {
    format!("{LOG_FOLDER}/{version:0VERSION_DIGITS$}.checkpoint.parquet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_versions() {
        assert_eq!(commit_path(12), "_delta_log/00000000000000000012.json");
        let parse = |path: &str| LogFile::parse(&Path::from(path));
        assert_eq!(parse(&commit_path(12)), Some(LogFile::Commit(12)));
        assert_eq!(parse(&checkpoint_path(3)), Some(LogFile::Checkpoint(3)));
        assert_eq!(parse("_delta_log/00000000000000000007.crc"), Some(LogFile::Other(7)));
        for path in ["_delta_log/_last_checkpoint", "_delta_log/.0.json.tmp", "date=2026-11-01/a.parquet"] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
