//! Into a folder: each file appears when it is whole, and a second time is the same file again.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use voxlake_lake::StagedFile;

/// Writes a file into a folder that is there, beside its place and then under its name.
pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    let cannot = || format!("cannot write {}", path.display());
    let prefix = format!(".voxlake-{name}-");
    remove_leftovers(folder, &prefix);
    let mut file = StagedFile::create(&path, &prefix, "").with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.persist().with_context(cannot)?;
    Ok(path)
}

/// Removes temporary files of killed runs. Errors are ignored.
fn remove_leftovers(folder: &Path, prefix: &str) {
    let Ok(files) = std::fs::read_dir(folder) else { return };
    for file in files.flatten() {
        if file.file_name().to_str().is_some_and(|name| name.starts_with(prefix)) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_of_killed_runs_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".voxlake-a.html-x1", ".voxlake-b.html-x1", "a.html"] {
            std::fs::write(folder.path().join(name), "old").unwrap();
        }
        write(folder.path(), "a.html", b"new").unwrap();
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [".voxlake-b.html-x1", "a.html"]);
        assert_eq!(std::fs::read(folder.path().join("a.html")).unwrap(), b"new");
    }
}
