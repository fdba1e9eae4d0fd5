//! Diagnostics of errors of DataFusion.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;

use super::patterns::between;
use super::span::{Diagnostic, SourceSpan};
use super::{datafusion_messages, locate, names, rewording, syntax, values};
use crate::completion_catalog::CompletionCatalog;

/// Message of an error of DataFusion when the statement is unknown.
pub(crate) fn message(error: &DataFusionError) -> String {
    diagnose(error, "", &CompletionCatalog::default()).message
}

pub(super) fn diagnose(error: &DataFusionError, sql: &str, completions: &CompletionCatalog) -> Diagnostic {
    let diagnostic = error.diagnostic();
    let given = diagnostic.and_then(|diagnostic| diagnostic.span).map(locate::from_datafusion);
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root {
        match schema.as_ref() {
            SchemaError::FieldNotFound { field, valid_fields } => {
                return names::unknown_column(field, valid_fields, sql, completions, given);
            }
            SchemaError::AmbiguousReference { field } => {
                return names::ambiguous_column(&field.name, sql, completions, given);
            }
            _ => {}
        }
    }
    let text = datafusion_messages::clean(root);
    let told = syntax::syntax_error(&text, sql)
        .or_else(|| names::unknown_name(&text, sql, completions, given))
        .or_else(|| values::wrong_type(&text, sql, completions))
        .or_else(|| values::invalid_arithmetic(&text, sql, given))
        .or_else(|| grouping(&text, sql, given))
        .or_else(|| pattern(&text, sql))
        .or_else(|| rewording::reword(&text, sql, given))
        .or_else(|| {
            datafusion_messages::missing_field(&text).map(|name| names::unknown_field(name, sql, completions))
        });
    if let Some(told) = told {
        return told;
    }
    let (message, rest) = datafusion_messages::split_hint(&text);
    let named = || {
        datafusion_messages::quoted_names(&text)
            .find_map(|name| locate::find_name(sql, name).or_else(|| locate::find_value(sql, name)))
    };
    let construct = || locate::find_word(sql, message.strip_suffix(" is not supported")?.split(' ').next()?);
    let function = || names::find_function(&message, sql, completions);
    let span = given.or_else(named).or_else(construct).or_else(function);
    Diagnostic { message, span, hint: rest }
}

/// Diagnostic for a column that is neither grouped nor aggregated.
fn grouping(text: &str, sql: &str, given: Option<SourceSpan>) -> Option<Diagnostic> {
    if !text.contains("must appear in the GROUP BY clause") {
        return None;
    }
    let column = between(text, "column \"", "\" must appear")?;
    let name = column.rsplit('.').next().unwrap_or(column);
    let hint = match locate::find_word(sql, "group") {
        Some(_) => format!("add {name} to GROUP BY, or take one value by min({name}) or first_value({name})"),
        None => format!("without GROUP BY all rows are one group: add GROUP BY {name}"),
    };
    Some(Diagnostic {
        message: format!("{name} has to be in GROUP BY or in an aggregate"),
        span: given.or_else(|| locate::find_name(sql, name)),
        hint: Some(hint),
    })
}

/// Diagnostic for an invalid regular expression.
fn pattern(text: &str, sql: &str) -> Option<Diagnostic> {
    let (_, rest) = text.split_once("regex parse error:")?;
    let (shown, reason) = rest.rsplit_once("error: ")?;
    let pattern = shown.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Some(Diagnostic {
        message: format!("'{pattern}' is not a regular expression: {}", reason.trim()),
        span: locate::find_value(sql, pattern),
        hint: Some("a backslash before it makes a sign stand for itself: '\\('".to_owned()),
    })
}
