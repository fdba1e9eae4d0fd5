//! Lines that are records, told by their brackets: a broken record is one too.

/// Whether `line` is one value in braces: they close with its last byte and not before.
pub(super) fn enclose(line: &[u8]) -> bool {
    end_of_first(line) == Some(line.len())
}

/// Where the braces that `line` begins with close; `None` if it begins with none, or they stay
/// open.
fn end_of_first(line: &[u8]) -> Option<usize> {
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

/// Whether `first` is a record whose beginning or end is missing, before the record `second` on a
/// line of its own. A document over several lines goes on after a comma, a colon or an opening
/// bracket.
pub(super) fn is_cut_line(first: &[u8], second: &[u8]) -> bool {
    let goes_on = first.last().is_none_or(|last| matches!(last, b',' | b':' | b'[' | b'{'));
    !goes_on && end_of_first(first).is_none() && enclose(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_enclose_a_line_if_they_close_at_its_end() {
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
            assert_eq!(enclose(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_cut_line_is_told_from_a_document_over_several_lines() {
        let record = br#"{"a": 1}"#;
        assert!(is_cut_line(br#"{"a": "x"#, record));
        assert!(is_cut_line(br#"": 1}"#, record));
        assert!(!is_cut_line(br#"{"voice_calls": ["#, record));
        assert!(!is_cut_line(br#"{"total_records": 1,"#, record));
        assert!(!is_cut_line(b"", record));
        assert!(!is_cut_line(br#"{"a": 1}{"a": 2}"#, record));
        assert!(!is_cut_line(br#"{"a": "x"#, br#""b": 1"#));
    }
}
