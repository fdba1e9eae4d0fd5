//! Snapshots of a lake in table formats that other engines read.
