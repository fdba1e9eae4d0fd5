//! Errors about unknown settings, with the line and the nearest name.

use std::path::Path;

use voxlake_query::names_by_similarity;

use crate::error::{ConfigError, invalid};
use crate::table;

/// Minimum similarity of a suggested name.
const MIN_SIMILARITY: f64 = 0.8;

/// Returns the names of all settings.
fn settings() -> impl Iterator<Item = &'static str> {
    table::SETTINGS.iter().map(|(name, _)| *name)
}

/// Checks that a file is TOML with known settings.
///
/// # Errors
/// [`ConfigError::Invalid`] with the line of the error.
pub(crate) fn check_file(path: &Path, text: &str) -> Result<(), ConfigError> {
    let file = path.display();
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        invalid(format!("{file}, line {line}: invalid TOML: {}", error.message()))
    })?;
    match table.keys().find(|key| !settings().any(|known| known == *key)) {
        None => Ok(()),
        Some(key) => {
            let line = line_of(text, place_of(text, key));
            let hint = nearest(key, settings());
            Err(invalid(format!("{file}, line {line}: there is no setting {key}{hint}")))
        }
    }
}

/// Returns the message for an unknown key of a table, with the nearest known key or all of them.
pub(crate) fn unknown_field(name: &str, known: &[&'static str]) -> String {
    let hint = match nearest_of(name, known.iter().copied()) {
        Some(near) => format!("; did you mean {near}?"),
        None => format!("; there are {}", known.join(", ")),
    };
    format!("there is no setting {name}{hint}")
}

/// Returns the line of the setting that an error is about, from 1.
pub(crate) fn line_of_error(text: &str, error: &figment::Error) -> Option<usize> {
    let unknown = match &error.kind {
        figment::error::Kind::UnknownField(name, _) => Some(name.as_str()),
        _ => None,
    };
    let mut keys = error.path.iter().map(String::as_str).chain(unknown).peekable();
    let (mut at, mut found) = (0, false);
    while let Some(key) = keys.next() {
        // A list of tables has a header for each: the number counts them.
        let skipped = keys.next_if(|next| next.parse::<usize>().is_ok()).and_then(|next| next.parse().ok());
        let places = (0..=skipped.unwrap_or(0_usize)).map_while(|_| {
            let place = at + place_in(&text[at..], key)?;
            at = text[place..].find('\n').map_or(text.len(), |end| place + end + 1);
            Some(place)
        });
        match places.last() {
            // The next key may stand in the same line.
            Some(place) => (at, found) = (place, true),
            None => break,
        }
        if keys.peek().is_some() && text[at..].starts_with('[') {
            at = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        }
    }
    found.then(|| line_of(text, at))
}

/// Returns a suggestion of the nearest name; empty if none is near.
fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> String {
    nearest_of(name, known).map_or_else(String::new, |near| format!("; did you mean {near}?"))
}

/// Returns the nearest name, if one is near.
pub(crate) fn nearest_of(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    names_by_similarity(name, known, MIN_SIMILARITY).first().map(|(_, name)| *name)
}

/// Returns the line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// Returns the position of a key at the start of a line, with or without brackets.
fn place_of(text: &str, key: &str) -> usize {
    place_in(text, key).unwrap_or(0)
}

fn place_in(text: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        // `[[schedule.deliver]]` is a header of `deliver`.
        let name = line.trim_start_matches([' ', '\t', '[', '"', '\'']);
        let last = name.split(['=', ']']).next().and_then(|header| header.rsplit('.').next());
        let names = [Some(name), last.filter(|_| line.trim_start().starts_with('['))];
        let is_key = |name: &str| {
            let end = name.strip_prefix(key).map(|rest| rest.chars().next());
            end.is_some_and(|end| end.is_none_or(|end| " \t=].\"'".contains(end)))
        };
        if names.into_iter().flatten().any(is_key) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_settings_have_line_and_suggestion() {
        let check =
            |text: &str| check_file(Path::new("voxlake.toml"), text).map_err(|error| error.to_string());
        assert_eq!(check("lake = 'a'\n[mail]\nhost = 'b'\n[[schedule]]\nreport = 'c'"), Ok(()));
        for (text, expected) in [
            ("lake = 'a'\ntimezon = 'UTC'", "line 2: there is no setting timezon; did you mean timezone?"),
            ("\n\n[schedules]\n", "line 3: there is no setting schedules; did you mean schedule?"),
            ("colour = 1", "line 1: there is no setting colour"),
            ("lake = 'a'\nplan = \n", "line 2: invalid TOML"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.starts_with("voxlake.toml, ") && error.contains(expected), "{error}");
        }
    }

    #[test]
    fn errors_in_tables_have_lines() {
        let text = "lake = 'a'\n[mail]\nhost = 'b'\nport = 'x'\n[[schedule]]\nname = 'one'\n\
            [[schedule.deliver]]\nfolder = 'o'\n[[schedule]]\nname = 'two'\nperiod = 3\n";
        let line = |path: &[&str], kind: figment::error::Kind| {
            let mut error = figment::Error::from(kind);
            error.path = path.iter().map(|key| (*key).to_owned()).collect();
            line_of_error(text, &error)
        };
        let wrong = || figment::error::Kind::Message("wrong".to_owned());
        let unknown = |name: &str| figment::error::Kind::UnknownField(name.to_owned(), &["a"]);
        assert_eq!(line(&["mail", "port"], wrong()), Some(4));
        assert_eq!(line(&["schedule", "0", "name"], wrong()), Some(6));
        assert_eq!(line(&["schedule", "1", "period"], wrong()), Some(11));
        assert_eq!(line(&["schedule", "0", "deliver", "0", "folder"], wrong()), Some(8));
        assert_eq!(line(&["mail"], unknown("host")), Some(3));
        assert_eq!(line(&[], unknown("lake")), Some(1));
        assert_eq!(line(&["nothing"], wrong()), None);
        assert_eq!(unknown_field("hots", &["host", "port"]), "there is no setting hots; did you mean host?");
        assert_eq!(unknown_field("x", &["host", "port"]), "there is no setting x; there are host, port");
    }
}
