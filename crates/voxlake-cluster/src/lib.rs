//! Queries on a Ballista cluster: portable plans, codec, scheduler and executor.
