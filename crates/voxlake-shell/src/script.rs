//! Splitting of scripts and typed text into statements and commands.
//!
//! A statement ends with `;` outside of quotes and comments. A backslash outside of them starts a
//! command, which takes the rest of its line. Unfinished text stays in the script, so that input
//! can be added line by line.

mod variables;

pub use variables::{insert_variables, is_variable_name};
use voxlake_query::token::{Token, TokenKind, tokenize};

/// A statement and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// SQL from its first token on, without the `;`.
    pub sql: String,
    /// Line of its first token in the script, from 1.
    pub line: usize,
}

/// A command: a backslash and the rest of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// Text after the backslash.
    pub text: String,
    /// Line in the script, from 1.
    pub line: usize,
    /// Unfinished statement before the command, which the command is about.
    pub statement: Option<Statement>,
}

/// Item of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptItem {
    /// A complete statement.
    Statement(Statement),
    /// A command.
    Command(CommandLine),
}

/// A script whose items are taken from its start while text is added at its end.
///
/// # Example
/// ```
/// use voxlake_shell::script::{Script, ScriptItem};
///
/// let mut script = Script::new("SELECT 1; \\d calls\nSELECT");
/// assert!(matches!(script.next_item(), Some(ScriptItem::Statement(s)) if s.sql == "SELECT 1"));
/// assert!(matches!(script.next_item(), Some(ScriptItem::Command(c)) if c.text == "d calls"));
/// assert!(script.next_item().is_none());
/// assert_eq!(script.take_rest().map(|rest| rest.sql).as_deref(), Some("SELECT"));
/// ```
#[derive(Clone, Debug)]
pub struct Script {
    text: String,
    /// Line on which `text` starts.
    line: usize,
    /// Byte offset of the next item in `text`.
    at: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self { text: String::new(), line: 1, at: 0 }
    }
}

impl Script {
    /// Creates a script with this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Adds text at the end.
    pub fn push(&mut self, text: &str) {
        self.text.drain(..self.at);
        self.at = 0;
        self.text.push_str(text);
    }

    /// Takes the next complete item; `None` if it is not complete yet.
    pub fn next_item(&mut self) -> Option<ScriptItem> {
        let rest = &self.text[self.at..];
        let mut first = None;
        let end = tokenize(rest).find(|token| match token.kind {
            TokenKind::Semicolon => first.is_some(),
            TokenKind::Backslash => true,
            TokenKind::Whitespace | TokenKind::Comment => false,
            _ => {
                first = first.or(Some(token.range.start));
                false
            }
        })?;
        let statement = first.map(|first| self.statement(first, end.range.start));
        if end.kind == TokenKind::Semicolon {
            self.pass(end.range.end);
            return statement.map(ScriptItem::Statement);
        }
        let behind = &rest[end.range.end..];
        let length = behind.find('\n').unwrap_or(behind.len());
        let text = behind[..length].trim().to_owned();
        let line = self.line + breaks(&rest[..end.range.start]);
        self.pass((end.range.end + length + 1).min(rest.len()));
        Some(ScriptItem::Command(CommandLine { text, line, statement }))
    }

    /// Takes the rest as a statement without `;`, at the end of the input.
    pub fn take_rest(&mut self) -> Option<Statement> {
        let rest = &self.text[self.at..];
        let first = tokenize(rest).find(|token| !is_idle(token)).map(|token| token.range.start);
        let statement = first.map(|first| self.statement(first, rest.len()));
        self.pass(rest.len());
        statement
    }

    /// Returns whether only whitespace and closed comments are left.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        tokenize(&self.text[self.at..]).all(|token| is_idle(&token) && token.closed)
    }

    /// Returns whether `text` consists of complete items, so that the Enter key can submit it.
    #[must_use]
    pub fn is_complete(text: &str) -> bool {
        let mut script = Self::new(text);
        while script.next_item().is_some() {}
        script.is_blank()
    }

    fn statement(&self, from: usize, to: usize) -> Statement {
        let rest = &self.text[self.at..];
        let sql = rest[from..to].trim_end().to_owned();
        Statement { sql, line: self.line + breaks(&rest[..from]) }
    }

    fn pass(&mut self, bytes: usize) {
        self.line += breaks(&self.text[self.at..self.at + bytes]);
        self.at += bytes;
    }
}

fn is_idle(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment | TokenKind::Semicolon)
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests;
