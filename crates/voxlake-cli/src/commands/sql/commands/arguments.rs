//! The words behind a command, as psql reads them.

use std::collections::BTreeMap;

use anyhow::bail;
use voxlake_query::script::insert_variables;

/// The words of a line, parted by blanks. Quotes of either kind keep blanks, doubled ones stand for one, and a
/// variable (`:name`) for its value.
pub(crate) fn words(line: &str, variables: &BTreeMap<String, String>) -> anyhow::Result<Vec<String>> {
    let mut words = Vec::new();
    let mut chars = line.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(words);
        }
        let (mut word, mut bare) = (String::new(), true);
        while let Some(c) = chars.next_if(|c| !c.is_whitespace()) {
            if !matches!(c, '\'' | '"') || (bare && word.ends_with(':')) {
                word.push(c);
                continue;
            }
            bare = false;
            loop {
                match chars.next() {
                    None => bail!("a quote {c} is not closed"),
                    Some(end) if end == c => match chars.next_if_eq(&c) {
                        Some(_) => word.push(c),
                        None => break,
                    },
                    Some(inside) => word.push(inside),
                }
            }
        }
        words.push(if bare { insert_variables(&word, |name| variables.get(name).cloned()) } else { word });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_blanks_outside_of_quotes() {
        let variables = BTreeMap::from([("month".to_owned(), "2026-10".to_owned())]);
        let read = |line: &str| words(line, &variables).unwrap();
        assert_eq!(read("  a  b=c "), ["a", "b=c"]);
        assert_eq!(read("queue='Billing Dept' 'it''s' \"x y\""), ["queue=Billing Dept", "it's", "x y"]);
        assert_eq!(read("month=:month ':month' :none"), ["month=2026-10", ":month", ":none"]);
        assert_eq!(read(""), [""; 0]);
        assert_eq!(read("''"), [""]);
        words("'open", &variables).unwrap_err();
    }
}
