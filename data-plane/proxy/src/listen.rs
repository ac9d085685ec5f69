//! Sockets that accept, and the way from one to a connection's task.

mod incoming;

pub use incoming::{Attachment, Incoming, Standing};

/// Number of a bound listening socket, the same on all workers; never used twice in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ListenerId(pub u64);
