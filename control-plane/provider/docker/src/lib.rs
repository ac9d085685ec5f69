//! Labelled containers as a provider.
//!
//! Watches a Docker engine and turns each container that carries `sluicegate.enable=true` into a backend's endpoint and
//! the routes to it. It asks the engine for nothing but lists and events. It must know no proxy, no session and nothing
//! of how Fragments are merged.

pub mod container;
pub mod engine;
mod known;
pub mod labels;
pub mod routes;

/// What all labels of this program begin with.
pub const PREFIX: &str = "sluicegate.";
