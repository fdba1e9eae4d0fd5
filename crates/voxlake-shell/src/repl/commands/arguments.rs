//! CompletionCache after a command, split as in psql.

use std::collections::BTreeMap;

use crate::script::insert_variables;
use anyhow::bail;

/// Splits a line at spaces. Quotes of either kind keep spaces, doubled quotes stand for one, and a
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

/// Extracts a list in parentheses: returns its text, and the line without it. The list starts a
/// word; other parentheses stay.
pub(crate) fn take_list(line: &str) -> anyhow::Result<(Option<String>, String)> {
    let (mut quote, mut depth, mut begin, mut blank) = (None, 0_usize, None, true);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') if begin.is_some() => depth += 1,
            (None, '(') if blank => begin = Some(at),
            (None, ')') if begin.is_some() && depth > 0 => depth -= 1,
            (None, ')') => {
                if let Some(begin) = begin {
                    let without = format!("{} {}", &line[..begin], &line[at + 1..]);
                    return Ok((Some(line[begin + 1..at].to_owned()), without));
                }
            }
            _ => {}
        }
        blank = c.is_whitespace();
    }
    match begin {
        Some(_) => bail!("a parenthesis ( is not closed"),
        None => Ok((None, line.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_split_outside_quotes() {
        let variables = BTreeMap::from([("month".to_owned(), "2026-10".to_owned())]);
        let read = |line: &str| words(line, &variables).unwrap();
        assert_eq!(read("  a  b=c "), ["a", "b=c"]);
        assert_eq!(read("queue='Billing Dept' 'it''s' \"x y\""), ["queue=Billing Dept", "it's", "x y"]);
        assert_eq!(read("month=:month ':month' :none"), ["month=2026-10", ":month", ":none"]);
        assert_eq!(read(""), [""; 0]);
        assert_eq!(read("''"), [""]);
        words("'open", &variables).unwrap_err();
    }

    #[test]
    fn lists_are_taken_out_of_lines() {
        let taken = |line: &str| {
            let (list, rest) = take_list(line).unwrap();
            (list.unwrap_or_default(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        for (line, list, rest) in [
            ("s a.csv (b text, c decimal(18,6)) x=1", "b text, c decimal(18,6)", "s a.csv x=1"),
            ("s a.csv (\"b)\" text)", "\"b)\" text", "s a.csv"),
            ("s 'a (1).csv'", "", "s 'a (1).csv'"),
            ("s a(1).csv", "", "s a(1).csv"),
            ("s a(1).csv (b text)", "b text", "s a(1).csv"),
            ("s a.csv ()", "", "s a.csv"),
        ] {
            assert_eq!(taken(line), (list.to_owned(), rest.to_owned()), "{line}");
        }
        take_list("s a.csv (b text").unwrap_err();
    }
}
