//! Release of the process that encoded a part of a plan.
//!
//! Every node and function that this crate encodes carries the release. The root of each stage is
//! such a node, so that a client, scheduler or executor of another release cannot decode any stage.

use crate::error::ClusterError;

/// First bytes of an encoded part.
const MAGIC: [u8; 2] = *b"vx";

/// Adds `release` to an encoded part. `kind` selects its decoder.
pub(super) fn seal(release: &str, kind: u8, part: &[u8]) -> Vec<u8> {
    let release = release.as_bytes();
    let length = u8::try_from(release.len()).unwrap_or(u8::MAX);
    let mut sealed = Vec::with_capacity(MAGIC.len() + 2 + release.len() + part.len());
    sealed.extend(MAGIC);
    sealed.extend([kind, length]);
    sealed.extend(release.iter().take(usize::from(length)));
    sealed.extend(part);
    sealed
}

/// Returns the kind and the content of a sealed part.
///
/// # Errors
/// [`ClusterError::ReleaseMismatch`] if another release sealed it.
pub(super) fn open<'a>(release: &str, sealed: &'a [u8]) -> Result<(u8, &'a [u8]), ClusterError> {
    let foreign = || ClusterError::Undecodable { reason: "it was not encoded by voxlake".to_owned() };
    let rest = sealed.strip_prefix(&MAGIC).ok_or_else(foreign)?;
    let [kind, length, rest @ ..] = rest else { return Err(foreign()) };
    let (theirs, part) = rest.split_at_checked(usize::from(*length)).ok_or_else(foreign)?;
    if theirs != release.as_bytes() {
        let theirs = String::from_utf8_lossy(theirs).into_owned();
        return Err(ClusterError::ReleaseMismatch { theirs, ours: release.to_owned() });
    }
    Ok((*kind, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_releases_are_named() {
        let sealed = seal("voxlake 1.2.3 (plans 4)", 7, b"part");
        assert_eq!(open("voxlake 1.2.3 (plans 4)", &sealed).unwrap(), (7, b"part".as_slice()));
        let error = open("voxlake 1.2.4 (plans 4)", &sealed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a plan of voxlake 1.2.3 (plans 4) arrived at voxlake 1.2.4 (plans 4): client, scheduler and executors must be the same release"
        );
    }

    #[test]
    fn damaged_parts_are_refused() {
        let sealed = seal("r", 1, b"");
        for at in 0..sealed.len() {
            assert!(open("r", &sealed[..at]).is_err(), "{at}");
        }
        assert!(open("r", b"other bytes").is_err());
    }
}
