//! Files as a provider.
//!
//! Finds the configuration files behind a command line, reads them within limits, turns them into Fragments and tells
//! when they have changed. It must know no proxy, no session and nothing of how Fragments are merged.

pub mod discover;
pub mod finding;
pub mod load;
pub mod manifest;
pub mod recording;
pub mod watch;
