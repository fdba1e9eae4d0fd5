//! Names similar to an unknown one.

use crate::near_names::names_by_similarity;

/// Minimum Jaro-Winkler similarity of a suggested name, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.78;
/// Maximum number of suggested names.
const MAX_SUGGESTIONS: usize = 3;

/// Returns the names most similar to `name`, most similar first.
pub(crate) fn similar_names<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let near = names_by_similarity(name, names, MIN_SIMILARITY);
    let best = near.first().map_or(0.0, |(alike, _)| *alike);
    // Names much less similar than the best one are noise.
    near.into_iter()
        .take_while(|(alike, _)| best - alike < 0.04)
        .take(MAX_SUGGESTIONS)
        .map(|(_, name)| name)
        .collect()
}

/// The hint "did you mean …?" with these names; `None` without names.
pub(super) fn did_you_mean(names: &[&str]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", join_words(names, "or")))
}

/// `a`, `a or b`, `a, b or c`
pub(super) fn join_words(names: &[&str], before_last: &str) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} {before_last} {last}", first.join(", ")),
        names => names.concat(),
    }
}
