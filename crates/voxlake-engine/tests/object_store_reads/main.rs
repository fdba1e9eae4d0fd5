//! Reads of lakes in object stores: numbers of requests, replaced files and errors.

#![allow(missing_docs, reason = "tests")]

mod counts;
mod errors;
mod lakes;
mod replaced;
