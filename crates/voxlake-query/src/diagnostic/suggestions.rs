//! Names similar to an unknown one.

/// Minimum Jaro-Winkler similarity of a suggested name, from 0 to 1.
const ALIKE: f64 = 0.78;
/// Maximum number of suggested names.
const SUGGESTIONS: usize = 3;

/// Names similar to `name`, most similar first.
pub(crate) fn similar_names<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let mut near: Vec<(f64, &str)> = names
        .map(|other| (strsim::jaro_winkler(&name, &other.to_lowercase()), other))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    near.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    near.dedup_by_key(|(_, name)| *name);
    let best = near.first().map_or(0.0, |(alike, _)| *alike);
    // Names much less similar than the best one are noise.
    near.into_iter()
        .take_while(|(alike, _)| best - alike < 0.04)
        .take(SUGGESTIONS)
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
