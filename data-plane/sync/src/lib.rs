//! The proxy's side of the wire: how it gets its snapshot, keeps it, and says what it did with it.
//!
//! [`Client`] keeps one session with the control plane, puts updates together and hands them to an [`Apply`], which
//! compiles and commits; it answers for it, reports, carries [`Errands`], and comes back with jittered delays when the control plane is away.
//! [`StateDir`] keeps the last good snapshot over restarts. Without a network the control plane hands updates to the
//! same [`Apply`]. This crate must know no compiler, no listener and no request.

pub mod address;
pub mod apply;
mod backoff;
pub mod client;
pub mod connect;
pub mod errand;
pub mod operations;
mod report;
mod session;
pub mod state;
pub mod tls;

pub use address::ControlAddress;
pub use apply::{Applied, Apply, Refused, Reporter};
pub use client::{Client, Link, Settings};
pub use connect::{ConnectError, Door, Target};
pub use errand::{Errands, Unanswered, Waiting, errands};
pub use state::StateDir;
