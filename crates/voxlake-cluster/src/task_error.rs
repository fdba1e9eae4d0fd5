//! Error of a failed task in the scheduler's text about its job.
//!
//! Ballista sends errors as text in debug format, with the message among names of variants:
//!
//! ```text
//! Job failed due to stage 2 failed: … DataFusionError(ParquetError(General("cannot read …")))
//! ```
//!
//! An error of the statement, such as an overflow, is restored, so that a user reads the same
//! message as without a cluster.

use ballista_core::error::BallistaError;
use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;

use crate::codec::release;
use crate::connection::chain;
use crate::error::ClusterError;

/// Ballista's text for a task that an executor could not decode. Only the executor logs the cause.
const REJECTED_TASK: &str = "rejected by executor";

/// Replaces an error of another crate, such as one of the lake, by its message. Its debug format
/// could have no message. Keeps errors of Ballista, after which it runs a task again.
pub(crate) fn readable(error: DataFusionError) -> DataFusionError {
    match error.find_root() {
        DataFusionError::External(source) if !source.is::<BallistaError>() && !source.is::<ArrowError>() => {
            DataFusionError::Internal(chain(source.as_ref()))
        }
        _ => error,
    }
}

/// Returns the error of a job that failed with `text`. Texts without the message of a task are
/// about the cluster, such as a lost executor.
pub(crate) fn job_error(text: &str) -> DataFusionError {
    if text.contains("ArrowError(DivideByZero") {
        return ArrowError::DivideByZero.into();
    }
    let Some((mut variant, outer)) = first_message(text) else {
        if text.contains(REJECTED_TASK) {
            return ClusterError::RejectedTask { ours: release() }.into();
        }
        let reason = text.split_whitespace().collect::<Vec<_>>().join(" ");
        return ClusterError::Failed { reason }.into();
    };
    let mut message = outer.clone();
    while let Some((inner, text)) = first_message(&message) {
        (variant, message) = (inner, text);
    }
    match variant.as_str() {
        "Execution" => DataFusionError::Execution(message),
        "ResourcesExhausted" => DataFusionError::ResourcesExhausted(message),
        "CastError" => ArrowError::CastError(message).into(),
        "ParseError" => ArrowError::ParseError(message).into(),
        "ComputeError" => ArrowError::ComputeError(message).into(),
        "ArithmeticOverflow" => ArrowError::ArithmeticOverflow(message).into(),
        "InvalidArgumentError" => ArrowError::InvalidArgumentError(message).into(),
        _ => ClusterError::Failed { reason: outer }.into(),
    }
}

/// Returns the variant and the message of the first `Variant("message")` in `text`.
fn first_message(text: &str) -> Option<(String, String)> {
    let (before, quoted) = text.split_once("(\"")?;
    let variant = before.rsplit(|c: char| !c.is_ascii_alphanumeric()).next()?;
    Some((variant.to_owned(), unescape(quoted)))
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
    use super::*;

    fn failed(error: DataFusionError) -> String {
        let task = BallistaError::DataFusionError(Box::new(error));
        format!("Job failed due to stage 1 failed: Task failed: {task:?}\n")
    }

    #[test]
    fn messages_are_found_in_debug_format() {
        for reason in ["cannot read \"a\\b\"", "\"quoted\" and \u{7}, ü and 'x'", ""] {
            let error = job_error(&failed(DataFusionError::Execution(reason.to_owned())));
            assert_eq!(error.to_string(), DataFusionError::Execution(reason.to_owned()).to_string());
            let error = job_error(&failed(DataFusionError::Internal(reason.to_owned()))).to_string();
            assert!(error.ends_with(&format!("the query failed in the cluster: {reason}")), "{error}");
        }
        let lost = job_error("Job failed:\n  executor lost").to_string();
        assert!(lost.ends_with("the query failed in the cluster: Job failed: executor lost"), "{lost}");
    }

    #[test]
    fn errors_of_other_crates_have_their_message() {
        let lake = voxlake_lake::LakeError::NoLake { location: "/srv/calls".to_owned() };
        let message = lake.to_string();
        let error = readable(DataFusionError::External(Box::new(lake)));
        let error = job_error(&failed(error)).to_string();
        assert!(error.ends_with(&format!("the query failed in the cluster: {message}")), "{error}");
        let fetch = BallistaError::FetchFailed("id".to_owned(), 1, 2, "gone".to_owned());
        let kept = readable(DataFusionError::External(Box::new(fetch)));
        assert!(matches!(kept.find_root(), DataFusionError::External(_)), "{kept}");
    }

    #[test]
    fn errors_of_statements_are_restored() {
        let nested = "Error evaluating filter predicate: Execution(\"a \\\"b\\\" is out of range\")";
        for (error, message) in [
            (
                ArrowError::CastError("Cannot cast string 'x'".to_owned()),
                "Cast error: Cannot cast string 'x'",
            ),
            (ArrowError::ComputeError(nested.to_owned()), "a \"b\" is out of range"),
            (ArrowError::DivideByZero, "Divide by zero"),
        ] {
            let error = job_error(&failed(DataFusionError::External(Box::new(DataFusionError::from(error)))));
            let error = error.to_string();
            assert!(error.contains(message) && !error.contains("cluster"), "{error}");
        }
    }
}
