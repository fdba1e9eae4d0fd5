//! Extraction of parts of a text.

/// Text between two fixed parts.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}

/// Matches the start of a text against a pattern in which `{}` matches any text. Returns the texts
/// matched by `{}`.
pub(super) fn captures<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut captured = Vec::new();
    for part in parts {
        let end = if part.is_empty() { rest.len() } else { rest.find(part)? };
        captured.push(&rest[..end]);
        rest = &rest[end + part.len()..];
    }
    Some(captured)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_capture_texts() {
        assert_eq!(
            captures("cast '{}' to {} type", "cast 'a b' to Int64 type now"),
            Some(vec!["a b", "Int64"])
        );
        assert_eq!(captures("{} of {}", "1 of 2"), Some(vec!["1", "2"]));
        assert_eq!(captures("no", "none"), Some(vec![]));
        assert_eq!(captures("x{}y", "xz"), None);
    }
}
