//! Wiring of the control plane.
//!
//! Providers run as tasks and send [`pipeline::Load`]s; the pipeline makes snapshots of them; a publisher hands those to
//! proxies. It must know no command line and no proxy.

pub mod entrypoint;
pub mod pipeline;
