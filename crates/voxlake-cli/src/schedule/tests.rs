//! Time travels.
