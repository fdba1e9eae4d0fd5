//! Output of a result: stdout, or a file that appears when it is complete.

use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use voxlake_lake::check_output_path;
use voxlake_report::{Format, OutputFile};

use crate::args::{AnswerArgs, FormatName};
use crate::exit::UsageError;
use crate::screen::{self, Screen};

/// Age from which no run can still be writing a temporary file.
const MIN_LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// Output of a result.
pub(crate) enum Output {
    Stdout(Screen),
    File { file: OutputFile, path: PathBuf },
}

impl Output {
    /// Returns standard output.
    pub(crate) fn stdout() -> Self {
        Self::Stdout(Screen::new(false))
    }

    /// Opens the output of this name; none and `-` are standard output.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::stdout()) };
        check_output_path(path)?;
        // Replace the target of a symbolic link, and keep the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            return Err(UsageError(format!(
                "{} is not a file: name a file, or - for standard output",
                path.display()
            ))
            .into());
        }
        let file = OutputFile::create(&path, MIN_LEFTOVER_AGE).map_err(|error| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            UsageError(format!("cannot write in {}: {error}", folder.display()))
        })?;
        Ok(Self::File { file, path })
    }

    /// Returns true if the output is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout(_)) && screen::size().is_some()
    }

    /// Ends the output; a file appears now.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
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

/// Returns the format given by name, or by the extension of the output file.
pub(crate) fn format(args: &AnswerArgs) -> Result<Format, UsageError> {
    format_of(args.format, args.output.as_deref())
}

/// Returns the format of this name, or by the extension of the output file.
pub(crate) fn format_of(name: Option<FormatName>, output: Option<&Path>) -> Result<Format, UsageError> {
    let file = output.filter(|path| path.as_os_str() != "-");
    let format = match (name, file) {
        (Some(name), _) => name.into(),
        (None, None) => Format::Table,
        (None, Some(path)) => {
            by_extension(path).map_err(|wrong| UsageError(format!("{wrong}: set --format")))?
        }
    };
    if format.is_binary() && file.is_none() && std::io::stdout().is_terminal() {
        return Err(UsageError(format!(
            "a terminal cannot show {format}: write it to a file (-o answer.{})",
            format.extension()
        )));
    }
    Ok(format)
}

/// Returns the format by the extension of a file.
pub(crate) fn by_extension(path: &Path) -> Result<Format, UsageError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.and_then(Format::from_extension).ok_or_else(|| {
        let known = Format::ALL.map(|format| format!(".{}", format.extension())).join(", ");
        UsageError(format!("{} does not have the extension of a format ({known})", path.display()))
    })
}
