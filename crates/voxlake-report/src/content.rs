//! Reports with their answers.

mod answered;
pub(crate) mod change;
pub(crate) mod data;
pub(crate) mod document;
pub(crate) mod number;
pub(crate) mod words;

pub use answered::Answered;
pub use document::{About, Document, Figure, Money, Section, SectionBody, Standing};
