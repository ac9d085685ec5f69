//! Labelled containers as a provider.
//!
//! Watches a Docker engine and turns each container that asks for it, in our words or those of another program, into a
//! backend's endpoint and the routes to it. It asks the engine for nothing but lists, events, how a container that is told
//! something wants to be stopped, and for environments where those count. It must know no proxy, no session and nothing
//! of how Fragments are merged.

pub mod connection;
pub mod container;
pub mod engine;
pub mod entry;
mod events;
pub mod explain;
pub mod groups;
mod happening;
mod inspected;
mod kept;
mod known;
pub mod labels;
mod pace;
pub mod problem;
pub mod reach;
mod section;
mod swarm;
pub mod vocabulary;
pub mod wanted;

pub use section::PROVIDER;

/// What all labels of this program begin with.
pub const PREFIX: &str = "sluicegate.";
