//! Lines on stderr. Errors of writing them are ignored.

use std::fmt;
use std::io::Write as _;

/// Writes a line to stderr, in the form of `println!`, and ignores errors.
#[macro_export]
macro_rules! stderr_line {
    ($($text:tt)*) => { $crate::stderr::write_line(format_args!($($text)*)) };
}
/// Writes a line to stderr and ignores errors.
pub fn write_line(text: fmt::Arguments<'_>) {
    // Standard error is closed or full, so that the error cannot be reported.
    let _ = writeln!(std::io::stderr(), "{text}");
}
