//! From what providers found to what proxies serve, as pure functions and state.
//!
//! Providers make [`Fragment`]s; [`merge()`] puts them together and says who lost a name or an address; [`settle()`]
//! replaces what does not compile by its last good version; a [`History`] numbers the [`Snapshot`]s and encodes the
//! shortest update from one to another, once for all receivers; the [`Fleet`] remembers what each proxy said.
//!
//! This crate must know no clock (times are arguments), no socket, no runtime, no configuration language, and no
//! compiler: whether a candidate compiles is asked of its caller.

pub mod entry;
pub mod fleet;
pub mod fragment;
pub mod history;
pub mod merge;
pub mod operation;
pub mod overrides;
pub mod quarantine;
pub mod reports;
pub mod session;
pub mod snapshot;
pub mod told;

pub use entry::Entry;
pub use fleet::Fleet;
pub use fragment::{Contribution, Fragment, Shared};
pub use history::History;
pub use merge::{Conflict, Merged, merge};
pub use operation::Operation;
pub use overrides::Overrides;
pub use quarantine::{Quarantine, Rejected, settle};
pub use session::Session;
pub use snapshot::{Delta, Snapshot, diff};
pub use told::{Told, Untold};

#[cfg(test)]
mod sample;
