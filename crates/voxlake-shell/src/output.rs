//! Output of a result: standard output, or a file that appears when it is complete.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use thiserror::Error;
use voxlake_lake::check_output_path;
use voxlake_report::{Format, OutputFile};

use crate::terminal::{self, Terminal};

/// Age from which a temporary file cannot belong to a running process.
const MIN_LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// Output file that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The path is not that of a file.
    #[error("{} is not a file: name a file, or - for standard output", .path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The folder cannot be written.
    #[error("cannot write in {}: {error}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Cause.
        error: std::io::Error,
    },
    /// No format has this extension.
    #[error("{} does not have the extension of a format ({})", .path.display(), known_extensions())]
    UnknownExtension {
        /// The path.
        path: PathBuf,
    },
    /// A terminal cannot show a binary format.
    #[error("a terminal cannot show {format}")]
    BinaryOnTerminal {
        /// The format.
        format: Format,
    },
}

/// Output of a result.
///
/// # Example
/// ```
/// use std::io::Write as _;
///
/// use voxlake_shell::Output;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("result.csv");
/// let mut output = Output::open(Some(&path))?;
/// writeln!(output, "calls")?;
/// assert!(!path.exists());
/// output.finish()?;
/// assert!(path.exists());
/// # Ok::<(), anyhow::Error>(())
/// ```
pub enum Output {
    /// Standard output.
    Stdout(Terminal),
    /// A file that appears when it is complete.
    File {
        /// The file.
        file: OutputFile,
        /// Its path.
        path: PathBuf,
    },
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::Stdout(Terminal::new(None))
    }

    /// Opens an output file; `None` and `-` mean standard output.
    ///
    /// # Errors
    /// [`OutputError`], or [`OutputInLake`](voxlake_lake::OutputInLake) for a path inside a lake.
    pub fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::stdout()) };
        check_output_path(path)?;
        // Symbolic links stay; their target is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            return Err(OutputError::NotAFile { path }.into());
        }
        let file = OutputFile::create(&path, MIN_LEFTOVER_AGE).map_err(|error| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            OutputError::Folder { folder: folder.unwrap_or(Path::new(".")).to_owned(), error }
        })?;
        Ok(Self::File { file, path })
    }

    /// Returns whether the output is a terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout(_)) && terminal::size().is_some()
    }

    /// Returns whether a failed result can be started again: nothing was written to standard
    /// output. An incomplete file is removed.
    pub fn can_restart(&self) -> bool {
        match self {
            Self::Stdout(out) => !out.has_written(),
            Self::File { .. } => true,
        }
    }

    /// Completes the output: a file appears under its name.
    ///
    /// # Errors
    /// The error of writing.
    pub fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout(out) => out.finish()?,
            Self::File { file, path } => {
                file.finish().with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

/// Returns the format with the extension of a path.
///
/// # Errors
/// [`OutputError::UnknownExtension`] for any other path.
pub fn format_by_extension(path: &Path) -> Result<Format, OutputError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    let format = extension.and_then(Format::from_extension);
    format.ok_or_else(|| OutputError::UnknownExtension { path: path.to_owned() })
}

/// Returns the format of a result: the requested one, else that of the extension of its file, else
/// a table.
///
/// # Errors
/// [`OutputError::UnknownExtension`], or [`OutputError::BinaryOnTerminal`].
pub fn result_format(requested: Option<Format>, output: Option<&Path>) -> Result<Format, OutputError> {
    let file = output.filter(|path| path.as_os_str() != "-");
    let format = match (requested, file) {
        (Some(format), _) => format,
        (None, None) => Format::Table,
        (None, Some(path)) => format_by_extension(path)?,
    };
    if format.is_binary() && file.is_none() && std::io::stdout().is_terminal() {
        return Err(OutputError::BinaryOnTerminal { format });
    }
    Ok(format)
}

fn known_extensions() -> String {
    Format::ALL.map(|format| format!(".{}", format.extension())).join(", ")
}
