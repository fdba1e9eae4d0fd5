//! What a person types or a script holds, parted into statements and commands of the prompt.
//!
//! A statement ends with `;`, unless that stands in a quote or a comment; a backslash outside of those begins
//! a command, which takes the rest of its line. What is not finished stays, so that a script can be read line by
//! line.

mod variables;

pub use variables::{insert_variables, is_variable_name};
use voxlake_query::lexeme::{Kind, Lexeme, lexemes};

/// A statement and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The SQL from its first word on, without the `;`.
    pub sql: String,
    /// The line of its first word in all that was typed, from 1.
    pub line: usize,
}

/// A command of the prompt: a backslash and the rest of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What stands behind the backslash.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// The statement before it that no `;` ended, which the command is about.
    pub statement: Option<Statement>,
}

/// What a script is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A statement, whole.
    Statement(Statement),
    /// A command of the prompt.
    Command(Command),
}

/// A script that may grow at its end while it is read from its beginning.
#[derive(Clone, Debug)]
pub struct Script {
    text: String,
    /// The line that `text` begins in.
    line: usize,
    /// Where in `text` reading goes on.
    at: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self { text: String::new(), line: 1, at: 0 }
    }
}

impl Script {
    /// A script that is all there.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Adds to its end.
    pub fn push(&mut self, text: &str) {
        self.text.drain(..self.at);
        self.at = 0;
        self.text.push_str(text);
    }

    /// Takes the next piece that is whole; none where there is no further one yet.
    pub fn next_piece(&mut self) -> Option<Piece> {
        let rest = &self.text[self.at..];
        let mut first = None;
        let end = lexemes(rest).find(|lexeme| match lexeme.kind {
            Kind::End => first.is_some(),
            Kind::Backslash => true,
            Kind::Blank | Kind::Comment => false,
            _ => {
                first = first.or(Some(lexeme.place.start));
                false
            }
        })?;
        let statement = first.map(|first| self.statement(first, end.place.start));
        if end.kind == Kind::End {
            self.pass(end.place.end);
            return statement.map(Piece::Statement);
        }
        let behind = &rest[end.place.end..];
        let length = behind.find('\n').unwrap_or(behind.len());
        let text = behind[..length].trim().to_owned();
        let line = self.line + breaks(&rest[..end.place.start]);
        self.pass((end.place.end + length + 1).min(rest.len()));
        Some(Piece::Command(Command { text, line, statement }))
    }

    /// Takes what is left when nothing more comes: a statement that no `;` ended.
    pub fn take_rest(&mut self) -> Option<Statement> {
        let rest = &self.text[self.at..];
        let first = lexemes(rest).find(|lexeme| !is_idle(lexeme)).map(|lexeme| lexeme.place.start);
        let statement = first.map(|first| self.statement(first, rest.len()));
        self.pass(rest.len());
        statement
    }

    /// Whether all that is left is blanks and comments that end.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        lexemes(&self.text[self.at..]).all(|lexeme| is_idle(&lexeme) && lexeme.closed)
    }

    /// Whether `text` is whole pieces and nothing else, so that Enter can end it.
    #[must_use]
    pub fn is_whole(text: &str) -> bool {
        let mut script = Self::of(text);
        while script.next_piece().is_some() {}
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

fn is_idle(lexeme: &Lexeme) -> bool {
    matches!(lexeme.kind, Kind::Blank | Kind::Comment | Kind::End)
}

fn breaks(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests;
