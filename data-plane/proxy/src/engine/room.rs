//! How many client connections the limit of open files has room for (HAProxy: maxconn that follows from ulimit-n).

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sluicegate_model::Runtime;

use crate::pool::IN_ALL;

/// Descriptors that a process of few endpoints has whatever it serves, with some to spare: the standard streams, the
/// control thread, the control plane's session, the admin socket, files and log receivers.
const BASE: u64 = 32;
/// Of each worker: its event loop, with what wakes it, and the pipe that large bodies pass through.
const PER_WORKER: u64 = 6;
/// Of each client connection: the client's side and the endpoint's.
const PER_CONNECTION: u64 = 2;

/// No more than this part of all is left to health checks, which are short: one for each endpoint.
const CHECKS: u64 = 16;

/// This part of what is left for connections is for idle ones, which hold a descriptor that no client's place counts;
/// no more than the workers keep.
const IDLE: u64 = 16;

/// A limit below this is told of also where none was asked for.
pub(super) const FEW: u32 = 16;

/// Where Linux starts a process that was told nothing.
const USUAL_FILES: u64 = 1024;

/// Raises the limit of open files as far as the host lets it.
pub(super) fn raise_file_limit() {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
                tracing::warn!(%error, soft, hard, "the limit of open files stays low");
            }
        }
        _ => {}
    }
}

/// The limit of open files, now.
pub(super) fn files() -> u64 {
    getrlimit(Resource::RLIMIT_NOFILE).map_or(USUAL_FILES, |(soft, _)| soft)
}

/// Descriptors of `files` that are no connection's: what every process has, one of each listener on each worker, and
/// those of checks.
pub(super) fn needed(runtime: &Runtime, workers: usize, files: u64) -> u64 {
    let endpoints: usize = runtime.backends.values().map(|backend| backend.endpoints.len()).sum();
    let checks = (files / CHECKS).min(endpoints as u64);
    BASE + checks + workers as u64 * (PER_WORKER + runtime.listeners.len() as u64)
}

/// How many connections a process may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Of clients at one time; at least one, as a proxy that serves nobody is of no use.
    pub(super) clients: u32,
    /// Idle ones to endpoints, that one worker keeps.
    pub(super) idle: usize,
}

impl Room {
    /// What `files` leave beside `needed` others.
    pub(super) fn of(files: u64, needed: u64, workers: usize) -> Self {
        let left = files.saturating_sub(needed);
        let idle = (left / IDLE).min(workers as u64 * IN_ALL as u64);
        let clients = ((left - idle) / PER_CONNECTION).max(1);
        Self {
            clients: u32::try_from(clients).unwrap_or(u32::MAX),
            idle: usize::try_from(idle / workers as u64).unwrap_or(usize::MAX),
        }
    }
}

/// The limit for which there was no room when one was asked for last; 0: there was room.
#[derive(Debug, Default)]
pub(super) struct Shortage(AtomicU32);

impl Shortage {
    /// Whether there is less room than `asked` for, and that has not been told of this limit: how much less changes
    /// with every listener that comes or goes.
    pub(super) fn is_news(&self, asked: Option<u32>, room: u32) -> bool {
        let short = asked.filter(|asked| *asked > room).unwrap_or(0);
        self.0.swap(short, SeqCst) != short && short != 0
    }
}

#[cfg(test)]
mod tests;
