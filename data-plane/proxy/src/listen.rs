//! Sockets that accept, and the way from one to a connection's task.

pub(crate) mod accept;
pub(crate) mod bind;
mod datagrams;
pub(crate) mod descriptor;
mod entry;
pub(crate) mod handover;
mod incoming;
mod owner;
mod socket;
pub(crate) mod unix;

pub use bind::BindError;
pub use incoming::{Attachment, Incoming, Standing};
pub use owner::Owner;

/// Number of a bound listening socket, the same on all workers; never used twice in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(pub u64);
