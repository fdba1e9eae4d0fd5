//! Files with secrets, read with a size limit and only if other users cannot read them.

use std::fs::{File, Metadata};
use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;

/// Maximum size of a file with secrets. Credentials have a few hundred bytes.
const MAX_SECRET_FILE_BYTES: u64 = 64 << 10;

/// Reads the secret in a file.
///
/// # Errors
/// The fault of the file, as the rest of a sentence that starts with its name.
pub fn read_secret_file(path: &Path) -> Result<SecretString, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    // Before it is opened: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() && !is_open_already(path) {
        return Err("is not a regular file".to_owned());
    }
    if metadata.len() > MAX_SECRET_FILE_BYTES {
        return Err(format!("has more than {} KiB", MAX_SECRET_FILE_BYTES >> 10));
    }
    if metadata.is_file() && is_open_to_others(&metadata) {
        let problem = "can be read by other users of this machine";
        if !is_read_only(path) {
            return Err(format!("{problem}: chmod 600 it"));
        }
        // The host of a container sets the permissions of a read-only mount.
        tracing::warn!("{} {problem}", path.display());
    }
    let mut text = String::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(MAX_SECRET_FILE_BYTES).read_to_string(&mut text).map_err(cannot)?;
    Ok(SecretString::from(text))
}

/// Returns whether a path is an open file of this process, such as the pipe of `<(pass show zoom)`.
fn is_open_already(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// Returns whether a file's permissions cannot be changed.
#[cfg(unix)]
fn is_read_only(path: &Path) -> bool {
    use nix::sys::statvfs::{FsFlags, statvfs};
    statvfs(path).is_ok_and(|system| system.flags().contains(FsFlags::ST_RDONLY))
}

#[cfg(not(unix))]
fn is_read_only(_path: &Path) -> bool {
    false
}

/// Returns whether other users may read a file of this user, which ssh also checks for its keys.
/// Files of other users, such as those that the host of a container mounts, are not checked.
#[cfg(unix)]
fn is_open_to_others(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.uid() == nix::unistd::getuid().as_raw() && file.mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_file: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn only_small_private_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "s").unwrap();
        let set_mode = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        for mode in [0o640, 0o604, 0o644] {
            set_mode(mode);
            assert!(read_secret_file(&path).unwrap_err().contains("chmod 600"), "{mode:o}");
        }
        set_mode(0o600);
        assert_eq!(read_secret_file(&path).unwrap().expose_secret(), "s");
        std::fs::write(&path, vec![b'x'; 65_537]).unwrap();
        assert!(read_secret_file(&path).unwrap_err().contains("more than 64 KiB"));
        assert!(read_secret_file(folder.path()).unwrap_err().contains("not a regular file"));
        assert!(read_secret_file(&folder.path().join("none")).unwrap_err().contains("cannot be read"));
    }
}
