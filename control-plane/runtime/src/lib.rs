//! Wiring of the control plane.
//!
//! Sources run as tasks and send [`pipeline::Load`]s; the pipeline makes snapshots of them; a publisher hands those to
//! proxies. It must know no command line and no proxy.

pub mod admin_http;
pub mod console;
pub mod control;
mod docker;
pub mod entrypoint;
pub mod files;
pub mod operators;
pub mod pipeline;
