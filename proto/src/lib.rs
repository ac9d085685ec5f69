//! The wire schema that both planes share, and nothing else.
//!
//! A Snapshot is a set of [`v1::Resource`]s under one [`v1::Generation`]. Providers build resources through the
//! constructors here, which check units, ranges and names once; the data plane's `model` compiles them. This crate must
//! know no configuration language, no socket and no clock.
//!
//! The generated code stands in [`v1`]; the gRPC stubs in it need the feature `services`.

/// The generated messages of package `sluicegate.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/sluicegate.v1.rs"));
}

mod address;
pub mod ask;
pub mod build;
pub mod capability;
pub mod catalog;
pub mod chunk;
pub mod generation;
pub mod hash;
pub mod id;
pub mod identity;
pub mod limits;
mod origin;
pub mod pattern_file;
mod secret;
mod set_hash;

/// Version of the schema: grows when an older receiver would misread a newer sender.
pub const SCHEMA: u32 = 1;
