//! Snapshot to Runtime: what the proxy serves from, compiled once and never changed.
//!
//! [`compile`] takes wire resources to a [`Runtime`]: numbers checked, regular expressions built, patterns put into sets,
//! names turned into enums. Every error is collected with the object, its origin and a reason in an operator's words.
//! A Runtime shares with its predecessor, as the same `Arc`, all that did not change: one changed endpoint compiles one
//! endpoint. This crate must know no socket, no clock and no request; what its expressions mean over a message is told
//! by `sluicegate-rules`. The control plane runs the same function over each candidate before it publishes.

pub mod agent;
pub mod backend;
pub mod cache;
pub mod check;
mod compile;
pub mod compression;
pub mod endpoint;
pub mod expr;
pub mod frontend;
pub mod inspection;
pub mod listener;
pub mod logging;
pub mod observation;
pub mod outgoing;
pub mod outlier;
pub mod patterns;
pub mod persistence;
pub mod process;
pub mod resolvers;
pub mod retry;
pub mod rule;
pub mod runtime;
pub mod service;
pub mod tls;

pub use backend::{Backend, BackendSettings};
pub use compile::{Change, Fault, Reason, Rejected, compile, find, fits};
pub use endpoint::Endpoint;
pub use frontend::{Frontend, FrontendSettings, Mode, Route, Timeouts};
pub use inspection::Inspection;
pub use listener::Listener;
pub use patterns::PatternList;
pub use process::Process;
pub use resolvers::Resolvers;
pub use runtime::Runtime;
pub use service::Service;
