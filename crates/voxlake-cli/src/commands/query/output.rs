//! Where an answer goes: to standard output, or to a file that appears when it is whole.

use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use voxlake_lake::StagedFile;
use voxlake_report::Format;

use crate::args::{AnswerArgs, FormatName};
use crate::exit::UsageError;
use crate::output_guard;
use crate::screen::{self, Screen};

/// Age of a temporary file from which on no run can be writing it.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// What an answer is written to.
pub(crate) enum Output {
    Stdout(Screen),
    File(BufWriter<StagedFile>),
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Self::Stdout(Screen::new(false))
    }

    /// The output of this name; none and `-` are standard output.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| path.as_os_str() != "-") else { return Ok(Self::stdout()) };
        output_guard::refuse_lake(path)?;
        // A link stays, and what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.exists() && !path.is_file() {
            return Err(UsageError(format!(
                "{} is no file: name one, or - for standard output",
                path.display()
            ))
            .into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let prefix = format!(".voxlake-{}-", path.file_name().unwrap_or_default().to_string_lossy());
        let file = StagedFile::create(&path, &prefix, "")
            .map_err(|error| UsageError(format!("cannot write in {}: {error}", folder.display())))?;
        remove_leftovers(folder, &prefix, file.path());
        Ok(Self::File(BufWriter::new(file)))
    }

    /// Whether people see it as it is written.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stdout(_)) && screen::size().is_some()
    }

    /// Ends the output: what was written is there from now on.
    pub(crate) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout(out) => out.finish()?,
            Self::File(file) => {
                let path = file.get_ref().destination().to_owned();
                let cannot = || format!("cannot write {}", path.display());
                let file =
                    file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
                file.persist().with_context(cannot)?;
            }
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// Removes temporary files of killed runs that are at least [`LEFTOVER_AGE`] older than `new`. Younger ones may belong
/// to a run that is still writing. Errors are ignored.
fn remove_leftovers(folder: &Path, prefix: &str, new: &Path) {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let (Ok(files), Some(now)) = (std::fs::read_dir(folder), modified(new)) else { return };
    for file in files.flatten() {
        let is_ours = file.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        let age = || now.duration_since(modified(&file.path())?).ok();
        if is_ours && age().is_some_and(|age| age >= LEFTOVER_AGE) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// The format that was asked for: by name, or by how the output's name ends.
pub(crate) fn format(args: &AnswerArgs) -> Result<Format, UsageError> {
    format_of(args.format, args.output.as_deref())
}

/// The format of this name, or that the output's name ends with.
pub(crate) fn format_of(name: Option<FormatName>, output: Option<&Path>) -> Result<Format, UsageError> {
    let file = output.filter(|path| path.as_os_str() != "-");
    let format = match (name, file) {
        (Some(name), _) => name.into(),
        (None, None) => Format::Table,
        (None, Some(path)) => {
            by_extension(path).map_err(|wrong| UsageError(format!("{wrong}: say which by --format")))?
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

/// The format whose files end as this one does.
pub(crate) fn by_extension(path: &Path) -> Result<Format, UsageError> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.and_then(Format::from_extension).ok_or_else(|| {
        let known = Format::ALL.map(|format| format!(".{}", format.extension())).join(", ");
        UsageError(format!("{} does not end as a known format does ({known})", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn what_killed_runs_left_is_removed_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| (folder.path().join(name), File::create(folder.path().join(name)).unwrap());
        let (new, now) = file(".voxlake-calls.csv-new");
        let now = now.metadata().unwrap().modified().unwrap();
        let aged = |name: &str, age: Duration| {
            let (path, file) = file(name);
            file.set_modified(now - age).unwrap();
            path
        };
        let old = aged(".voxlake-calls.csv-old", LEFTOVER_AGE);
        let young = aged(".voxlake-calls.csv-young", LEFTOVER_AGE - Duration::from_secs(1));
        let other = aged(".voxlake-other.csv-old", 2 * LEFTOVER_AGE);
        remove_leftovers(folder.path(), ".voxlake-calls.csv-", &new);
        assert!(!old.exists());
        assert!(young.exists() && other.exists() && new.exists());
    }
}
