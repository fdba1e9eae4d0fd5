//! Syncs against a scripted server, which misbehaves in ways that the simulator does not.

mod case;
mod days;
mod filters;
mod lookups;
mod moved;
mod requests;
mod scopes;
mod windows;
