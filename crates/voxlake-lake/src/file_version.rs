//! Comparison of versions of a file, as different requests describe them.
//!
//! Stores describe one version differently in a listing and in a response. Azure lists entity tags
//! without quotes, and the listings of MinIO and Google have milliseconds where HTTP headers have
//! seconds.

use chrono::SubsecRound as _;
use object_store::ObjectMeta;

/// Returns an entity tag without quotes and without the mark of a weak tag.
pub(crate) fn plain_tag(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"')
}

/// Returns whether `found` describes the version of a file that `listed` describes.
pub(crate) fn is_same_version(listed: &ObjectMeta, found: &ObjectMeta) -> bool {
    let same_tag = match (&listed.e_tag, &found.e_tag) {
        (Some(listed), Some(found)) => plain_tag(listed) == plain_tag(found),
        _ => listed.last_modified.trunc_subsecs(0) == found.last_modified.trunc_subsecs(0),
    };
    listed.size == found.size && same_tag
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn meta(size: u64, ms: i64, tag: Option<&str>) -> ObjectMeta {
        ObjectMeta {
            location: "calls.parquet".into(),
            last_modified: DateTime::UNIX_EPOCH + TimeDelta::milliseconds(ms),
            size,
            e_tag: tag.map(str::to_owned),
            version: None,
        }
    }

    #[test]
    fn descriptions_of_one_version_are_equal() {
        let same = |listed, found| is_same_version(&listed, &found);
        assert!(same(meta(5, 1_234, Some("0x8D1")), meta(5, 1_000, Some("\"0x8D1\""))));
        assert!(same(meta(5, 1_234, Some("\"a\"")), meta(5, 9_000, Some("W/\"a\""))));
        assert!(same(meta(5, 1_234, None), meta(5, 1_000, Some("a"))));
        assert!(!same(meta(5, 1_234, Some("a")), meta(5, 1_234, Some("b"))));
        assert!(!same(meta(5, 1_234, Some("a")), meta(6, 1_234, Some("a"))));
        assert!(!same(meta(5, 1_234, None), meta(5, 2_000, None)));
    }
}
