//! Detection of records by their brackets, which also finds malformed records.

/// Returns whether `line` is one object: its braces close at the last byte and not before.
pub(super) fn is_one_object(line: &[u8]) -> bool {
    end_of_first_object(line) == Some(line.len())
}

/// Returns the end of the object at the start of `line`; `None` if there is no closed
/// object.
fn end_of_first_object(line: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    if !line.starts_with(b"{") {
        return None;
    }
    for (at, byte) in line.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns whether `first` is a truncated record, followed by the record `second` on a line of its
/// own. A document of several lines continues after a comma, a colon or an opening bracket.
pub(super) fn is_truncated_line(first: &[u8], second: &[u8]) -> bool {
    let goes_on = first.last().is_none_or(|last| matches!(last, b',' | b':' | b'[' | b'{'));
    !goes_on && end_of_first_object(first).is_none() && is_one_object(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_close_at_the_end() {
        for (line, expected) in [
            (r#"{"a": [1, {"b": 2}]}"#, true),
            (r#"{"a": NaN}"#, true),
            (r#"{"a": "}\"{"}"#, true),
            (r#"{"a": 1}{"a": 2}"#, false),
            (r#"{"a": 1"#, false),
            (r#"{"a": "}"#, false),
            ("[1]", false),
            ("", false),
        ] {
            assert_eq!(is_one_object(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn truncated_lines_are_not_multiline_documents() {
        let record = br#"{"a": 1}"#;
        assert!(is_truncated_line(br#"{"a": "x"#, record));
        assert!(is_truncated_line(br#"": 1}"#, record));
        assert!(!is_truncated_line(br#"{"voice_calls": ["#, record));
        assert!(!is_truncated_line(br#"{"total_records": 1,"#, record));
        assert!(!is_truncated_line(b"", record));
        assert!(!is_truncated_line(br#"{"a": 1}{"a": 2}"#, record));
        assert!(!is_truncated_line(br#"{"a": "x"#, br#""b": 1"#));
    }
}
