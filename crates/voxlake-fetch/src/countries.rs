//! Two-letter codes of countries (ISO 3166-1) by their English names.
//!
//! Records have names of countries, while the API filters by codes. The names are those of the
//! public-domain `iso3166.tab` of the time zone database, of ISO 3166-1, and other usual ones.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Code and names of each country, one line per country, separated by tabs.
const TABLE: &str = include_str!("countries.tsv");

static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(code, names)| names.split('\t').map(move |name| (name.to_lowercase(), code))).collect()
});

/// Returns the code of a country by its English name in any case, or by a code.
///
/// ```
/// assert_eq!(voxlake_fetch::country_code("germany"), Some("DE"));
/// ```
pub fn country_code(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    let is_code =
        || TABLE.lines().filter_map(|line| line.get(..2)).find(|code| code.eq_ignore_ascii_case(&name));
    CODES.get(&name).copied().or_else(is_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_have_codes() {
        for (name, expected) in [
            ("United States", Some("US")),
            ("germany", Some("DE")),
            ("Britain (UK)", Some("GB")),
            ("United Kingdom", Some("GB")),
            ("Türkiye", Some("TR")),
            ("South Korea", Some("KR")),
            ("FR", Some("FR")),
            ("Atlantis", None),
            ("", None),
        ] {
            assert_eq!(country_code(name), expected, "{name}");
        }
        assert!(CODES.len() > 250);
    }
}
