//! One proxy, wired: the engine serves, the control thread feeds it.
//!
//! [`Proxy::start`] makes both. On the control thread run the session with the control plane, the health checks, the
//! resolution of names, reports and the watchdog; what takes long (compiling, writing the snapshot) leaves it. This crate
//! must know no command line and no signal: both the stand-alone binary and a control plane that serves in its own
//! process embed it. Both let go of root's rights by [`rights`].

mod agent;
mod answers;
mod apply;
mod checks;
mod endpoints;
#[cfg(test)]
mod fixture;
mod health;
mod keep;
mod names;
mod news;
mod outliers;
mod pages;
mod probe;
mod program;
mod proxy;
mod report;
mod resolve;
pub mod rights;
mod tracking;
mod watch;
mod watchdog;

pub use apply::Served;
pub use proxy::{Proxy, Settings, StartError};
