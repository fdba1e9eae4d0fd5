//! Paths of the user's files of the shell, by the XDG base directory specification.
//!
//! ```
//! use voxlake_shell::{ShellOptions, user_files};
//!
//! let mut options = ShellOptions::new();
//! options.startup_file = user_files::startup_file();
//! ```

use std::path::{Path, PathBuf};

/// Returns the file of statements and commands that run first, whether or not it exists; `None`
/// without a home folder.
#[must_use]
pub fn startup_file() -> Option<PathBuf> {
    Some(base("XDG_CONFIG_HOME", ".config")?.join("voxlake/sqlrc"))
}

/// Creates the file of typed lines, readable only by its owner, and returns its path; `None` if it
/// cannot be created.
#[must_use]
pub fn history_file() -> Option<PathBuf> {
    let folder = base("XDG_STATE_HOME", ".local/state")?.join("voxlake");
    make_private(&folder).ok()?;
    let file = folder.join("history");
    make_file_private(&file).ok()?;
    Some(file)
}

/// The specification says to ignore relative paths in these variables.
fn base(variable: &str, in_home: &str) -> Option<PathBuf> {
    let given = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    given.or_else(|| {
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute())?;
        Some(home.join(in_home))
    })
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn make_file_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(file)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    drop(file);
    Ok(())
}
