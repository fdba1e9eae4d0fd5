//! Translates the SQL patterns of SIMILAR TO into regular expressions.
//!
//! DataFusion uses the pattern as a regular expression, which matches any part of the text and
//! gives `%` and `_` no meaning.
//!
//! ```text
//! Filter: result SIMILAR TO '%abandoned'
//! ```
//! becomes
//! ```text
//! Filter: result ~ '^(?s:.*abandoned)$'
//! ```

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::expr::{BinaryExpr, Cast, Like};
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;

use crate::expressions::rewrite_expressions;

/// Translates constant patterns, and refuses others.
#[derive(Debug)]
pub(super) struct TranslateSimilarTo;

impl AnalyzerRule for TranslateSimilarTo {
    fn name(&self) -> &'static str {
        "translate_similar_to"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let rewritten = plan.transform_up_with_subqueries(|plan| {
            let is_similar_to = |expr: &Expr| matches!(expr, Expr::SimilarTo(_));
            rewrite_expressions(plan, is_similar_to, |expr, _| expr.transform_up(translate))
        })?;
        Ok(rewritten.data)
    }
}

fn translate(expr: Expr) -> Result<Transformed<Expr>> {
    let Expr::SimilarTo(Like { negated, expr: text, mut pattern, escape_char, .. }) = expr else {
        return Ok(Transformed::no(expr));
    };
    let constant = match pattern.as_mut() {
        Expr::Cast(Cast { expr, .. }) => expr.as_mut(),
        pattern => pattern,
    };
    let value = match constant {
        Expr::Literal(value, _) => value,
        _ => {
            return plan_err!(
                "SIMILAR TO with a pattern that is not a constant is not supported: write text ~ pattern with a regular expression"
            );
        }
    };
    if let Some(Some(similar)) = value.try_as_str() {
        let regex = ScalarValue::from(to_regex(similar, escape_char.unwrap_or('\\'))?);
        *value = regex.cast_to(&value.data_type())?;
    }
    let op = if negated { Operator::RegexNotMatch } else { Operator::RegexMatch };
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: text, op, right: pattern })))
}

/// Returns a regular expression equivalent to the SQL pattern.
///
/// Source: SQL:2016, 8.6; as in PostgreSQL, `escape` also works within brackets.
fn to_regex(pattern: &str, escape: char) -> Result<String> {
    let mut regex = String::from("^(?s:");
    let mut characters = pattern.chars().peekable();
    let (mut in_brackets, mut in_class) = (false, false);
    while let Some(character) = characters.next() {
        match character {
            _ if character == escape => match characters.next() {
                Some(literal) => push_literal(&mut regex, literal),
                None => {
                    return plan_err!("the pattern '{pattern}' of SIMILAR TO ends with its escape character");
                }
            },
            // A class such as `[:alpha:]`.
            '[' if in_brackets && characters.peek() == Some(&':') => {
                in_class = true;
                regex.push('[');
            }
            ']' if in_brackets => {
                in_brackets = std::mem::take(&mut in_class);
                regex.push(']');
            }
            '^' | ':' if in_brackets => regex.push(character),
            '-' if in_brackets && !regex.ends_with('-') => regex.push('-'),
            _ if in_brackets => push_literal(&mut regex, character),
            '[' => {
                in_brackets = true;
                regex.push('[');
            }
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '|' | '*' | '+' | '?' | '{' | '}' | '(' | ')' | ',' => regex.push(character),
            _ => push_literal(&mut regex, character),
        }
    }
    regex.push_str(")$");
    Ok(regex)
}

/// Appends `character` as a literal.
fn push_literal(regex: &mut String, character: char) {
    // In a regular expression, \< and \> are the boundaries of a word.
    if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
        regex.push('\\');
    }
    regex.push(character);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_standard_says() {
        for (pattern, regex_of_it) in [
            ("%abandoned", "^(?s:.*abandoned)$"),
            ("<b>[<>]", "^(?s:<b>[<>])$"),
            ("a_c|b+", "^(?s:a.c|b+)$"),
            ("a.c^$", r"^(?s:a\.c\^\$)$"),
            (r"50\%", r"^(?s:50\%)$"),
            ("[a-c%]{2,3}", r"^(?s:[a-c\%]{2,3})$"),
            ("[^[:alpha:]x]", "^(?s:[^[:alpha:]x])$"),
            ("[a--z]", r"^(?s:[a-\-z])$"),
        ] {
            assert_eq!(to_regex(pattern, '\\').unwrap(), regex_of_it);
        }
    }
}
