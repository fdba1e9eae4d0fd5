//! Output files that appear under their name only when they are complete.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

/// A file that is written under a temporary name in its folder, and renamed when it is complete.
///
/// Dropping it before [`OutputFile::finish`] removes the temporary file and does not change an
/// existing file of that name.
///
/// ```
/// use std::io::Write as _;
/// use std::time::Duration;
/// use voxlake_report::OutputFile;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("calls.csv");
/// let mut file = OutputFile::create(&path, Duration::from_secs(24 * 3600))?;
/// file.write_all(b"day,calls\n")?;
/// assert!(!path.exists());
/// file.finish()?;
/// assert!(path.exists());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct OutputFile {
    temporary: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl OutputFile {
    /// Creates the temporary file of `path`. Removes temporary files of `path` that are at least
    /// `min_leftover_age` old: killed processes left them. Younger ones may still be in use.
    ///
    /// # Errors
    /// An I/O error if the folder cannot be written to.
    pub fn create(path: &Path, min_leftover_age: Duration) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let prefix = format!(".voxlake-{}-", path.file_name().unwrap_or_default().to_string_lossy());
        let mut builder = Builder::new();
        builder.prefix(&prefix);
        if let Some(permissions) = default_permissions() {
            builder.permissions(permissions);
        }
        let temporary = builder.tempfile_in(folder)?;
        remove_leftovers(folder, &prefix, temporary.path(), min_leftover_age);
        Ok(Self { temporary: BufWriter::new(temporary), path: path.to_owned() })
    }

    /// Syncs the file to disk and renames it.
    ///
    /// # Errors
    /// An I/O error if the file cannot be written or renamed.
    pub fn finish(self) -> io::Result<()> {
        let file = self.temporary.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temporary.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

/// Removes temporary files with this prefix that are at least `min_age` older than `new`. Errors
/// are ignored.
fn remove_leftovers(folder: &Path, prefix: &str, new: &Path, min_age: Duration) {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let (Ok(files), Some(now)) = (std::fs::read_dir(folder), modified(new)) else { return };
    for file in files.flatten() {
        // Names are compared, because the path of a temporary file is absolute.
        let is_new = Some(&*file.file_name()) == new.file_name();
        let is_leftover = file.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        let age = || now.duration_since(modified(&file.path())?).ok();
        if is_leftover && !is_new && age().is_some_and(|age| age >= min_age) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

/// Permissions of any new file, less the process's umask. By default, only the owner can read a
/// temporary file.
#[cfg(unix)]
fn default_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn default_permissions() -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn leftovers_are_removed_after_their_age() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| (folder.path().join(name), File::create(folder.path().join(name)).unwrap());
        let (new, now) = file(".voxlake-calls.csv-new");
        let now = now.metadata().unwrap().modified().unwrap();
        let aged = |name: &str, age: Duration| {
            let (path, file) = file(name);
            file.set_modified(now - age).unwrap();
            path
        };
        let old = aged(".voxlake-calls.csv-old", DAY);
        let young = aged(".voxlake-calls.csv-young", DAY - Duration::from_secs(1));
        let other = aged(".voxlake-other.csv-old", 2 * DAY);
        remove_leftovers(folder.path(), ".voxlake-calls.csv-", &new, DAY);
        assert!(!old.exists());
        assert!(young.exists() && other.exists() && new.exists());
    }

    #[test]
    fn leftovers_of_other_names_stay() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".voxlake-a.html-x1", ".voxlake-b.html-x1", "a.html"] {
            std::fs::write(folder.path().join(name), "old").unwrap();
        }
        let mut file = OutputFile::create(&folder.path().join("a.html"), Duration::ZERO).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [".voxlake-b.html-x1", "a.html"]);
        assert_eq!(std::fs::read(folder.path().join("a.html")).unwrap(), b"new");
    }
}
