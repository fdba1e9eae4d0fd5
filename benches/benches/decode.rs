//! Decoding pages.
fn main() {}
