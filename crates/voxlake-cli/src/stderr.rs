//! Lines on stderr. Errors of writing them are ignored.

use std::fmt;
use std::io::Write as _;

/// Writes a line to stderr, in the form of `println!`.
macro_rules! stderr_line {
    ($($text:tt)*) => { $crate::stderr::write_line(format_args!($($text)*)) };
}
pub(crate) use stderr_line;

pub(crate) fn write_line(text: fmt::Arguments<'_>) {
    // Standard error is closed or full: the error cannot be reported.
    let _ = writeln!(std::io::stderr(), "{text}");
}
