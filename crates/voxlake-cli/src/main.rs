//! The binary `voxlake`.
fn main() {}
