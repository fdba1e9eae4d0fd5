//! Ctrl-C and SIGTERM.

pub(crate) use voxlake_shell::interrupts::interrupted;
