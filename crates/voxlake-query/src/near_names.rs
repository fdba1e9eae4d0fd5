//! Names that a user may have meant.

/// Maximum edit distance of a near name.
const MAX_EDITS: usize = 4;
/// Minimum similarity of a likely name.
const MIN_SIMILARITY: f64 = 0.85;

/// Returns the names that differ from `name` by few edits or contain it, nearest first.
///
/// For short lists, such as the named queries, of which a user may know only a part of the name.
///
/// ```
/// let names = ["call_volume", "charges", "queue_charges"];
/// let near = voxlake_query::near_names("charge", names.into_iter());
/// assert_eq!(near, ["charges", "queue_charges"]);
/// ```
pub fn near_names<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(usize, &str)> = names
        .map(|other| (strsim::levenshtein(name, other), other))
        .filter(|(edits, other)| *edits <= MAX_EDITS || (name.len() > 2 && other.contains(name)))
        .collect();
    near.sort_by_key(|(edits, _)| *edits);
    near.into_iter().map(|(_, other)| other).collect()
}

/// Returns the names that `text` may be a misspelling or a part of, the likeliest first.
///
/// For names that people give, such as those of queues: case is ignored.
pub(crate) fn likely_names<'a>(text: &str, names: impl Iterator<Item = &'a str> + Clone) -> Vec<&'a str> {
    let text = text.trim().to_lowercase();
    let similar = names_by_similarity(&text, names.clone(), MIN_SIMILARITY);
    let mut likely: Vec<&str> = similar.into_iter().map(|(_, name)| name).collect();
    let contains = |name: &&str| text.chars().count() > 2 && name.to_lowercase().contains(&text);
    for name in names.filter(contains) {
        if !likely.contains(&name) {
            likely.push(name);
        }
    }
    likely
}

/// Returns the names with at least this Jaro-Winkler similarity, which is from 0 to 1, most similar
/// first.
///
/// For long lists, such as columns and settings: similar beginnings count more than other letters.
///
/// ```
/// let names = ["timezone", "settle"];
/// let similar = voxlake_query::names_by_similarity("timezon", names.into_iter(), 0.8);
/// assert_eq!(similar.first().map(|(_, name)| *name), Some("timezone"));
/// ```
pub fn names_by_similarity<'a>(
    name: &str,
    names: impl Iterator<Item = &'a str>,
    min_similarity: f64,
) -> Vec<(f64, &'a str)> {
    let name = name.to_lowercase();
    let mut similar: Vec<(f64, &str)> = names
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .filter(|(similarity, _)| *similarity >= min_similarity)
        .collect();
    similar.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    similar.dedup_by_key(|(_, name)| *name);
    similar
}
