//! What neither the configuration nor a report tells.

use sluicegate_model::Runtime;

/// Of the process that is asked, at the moment of the question.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Of the program.
    pub version: String,
    /// Milliseconds since 1970.
    pub now_unix_ms: u64,
    /// Number of the process.
    pub pid: u32,
    /// Threads that move traffic.
    pub threads: u32,
    /// File descriptors that the process may open.
    pub descriptors: u64,
    /// Connections of clients at one time, as far as the descriptors reach.
    pub connection_limit: u64,
    /// Name of the host where the configuration names no node.
    pub host: String,
    /// A soft stop has begun.
    pub stopping: bool,
}

impl Facts {
    /// Connections of clients at one time, as configured and as far as the descriptors reach.
    pub fn connections_of(&self, runtime: &Runtime) -> u64 {
        let configured = runtime.process.max_connections.map_or(u64::MAX, |limit| limit.get().into());
        configured.min(self.connection_limit)
    }
}
