//! Message of a failed task in the scheduler's text about its job.
//!
//! Ballista sends errors as text in debug format, with the message among names of variants:
//!
//! ```text
//! Job failed due to stage 2 failed: … DataFusionError(ParquetError(General("cannot read …")))
//! ```

/// Returns the message of the failed task. Texts without one are about the cluster, such as a lost
/// executor.
pub(crate) fn message(text: &str) -> String {
    match text.split_once("(\"") {
        Some((_, quoted)) => unescape(quoted),
        None => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// Reverses the escapes of the debug format, up to the closing quote.
fn unescape(quoted: &str) -> String {
    let (mut text, mut chars) = (String::new(), quoted.chars());
    while let Some(next) = chars.next() {
        match next {
            '"' => break,
            '\\' => match chars.next() {
                Some('n' | 'r' | 't') => text.push(' '),
                Some('u') => {
                    let digits: String = chars.by_ref().skip(1).take_while(|digit| *digit != '}').collect();
                    let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                    text.push(code.unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                Some(escaped) => text.push(escaped),
                None => break,
            },
            next => text.push(next),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ballista_core::error::BallistaError;
    use datafusion::error::DataFusionError;

    use super::*;

    #[test]
    fn messages_are_found_in_debug_format() {
        for reason in ["cannot read \"a\\b\"", "(\"quoted\") and \u{7}, ü and 'x'", ""] {
            let task =
                BallistaError::DataFusionError(Box::new(DataFusionError::Execution(reason.to_owned())));
            let text = format!("Job failed due to stage 1 failed: Task failed: {task:?}\n");
            assert_eq!(message(&text), reason);
        }
        assert_eq!(message("Job failed:\n  executor lost"), "Job failed: executor lost");
    }
}
