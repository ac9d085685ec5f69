//! What the console says of this process.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use nix::sys::resource::{Resource, getrlimit};
use sluicegate_control_runtime::console::Process;
use sluicegate_stats::Facts;

/// Facts that stay, and the variables. `workers`: threads that move traffic, where the command line says how many.
pub(crate) fn process(workers: Option<NonZeroUsize>) -> Process {
    let threads = workers.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    // The proxy raises the limit as far as it goes.
    let (_, descriptors) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or_default();
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_unix_ms: 0,
        pid: std::process::id(),
        threads: u32::try_from(threads).unwrap_or(u32::MAX),
        descriptors,
        // A client's connection has one to a server.
        connection_limit: descriptors / 2,
        host: nix::unistd::gethostname().unwrap_or_default().to_string_lossy().into_owned(),
        stopping: false,
    };
    let environment = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .collect();
    Process { facts, environment }
}
