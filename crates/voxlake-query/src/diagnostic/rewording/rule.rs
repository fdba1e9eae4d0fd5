//! Rule that rewords a message.

use crate::diagnostic::locate::Subquery;

/// Rule that rewords a message.
pub(super) struct Rule {
    /// DataFusion's message; `{}` matches any text.
    pub(super) pattern: &'static str,
    /// New message; `{1}` is the text matched by the first `{}`.
    pub(super) message: &'static str,
    pub(super) hint: &'static str,
    pub(super) at: At,
}

/// Place of the diagnostic.
#[derive(Clone, Copy)]
pub(super) enum At {
    /// Place from DataFusion, if there is one.
    Given,
    /// Name in the captured text of this number.
    Name(usize),
    /// Literal with the captured text of this number.
    Value(usize),
    /// A keyword or sign.
    Word(&'static str),
    /// First keyword of the captured text of this number that the statement contains.
    Keyword(usize),
    /// A subquery.
    Subquery(Subquery),
    /// Division sign.
    Division,
}

pub(super) const fn rule(pattern: &'static str, message: &'static str, hint: &'static str, at: At) -> Rule {
    Rule { pattern, message, hint, at }
}
