//! Benches only; see the files in `benches/`.
