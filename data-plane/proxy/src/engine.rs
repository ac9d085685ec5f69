//! The engine: workers, and generations that are prepared and committed.

mod prepare;
mod report;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use rustc_hash::FxBuildHasher;
use sluicegate_proto::id::ObjectKey;
use tokio::sync::{mpsc, watch};

use crate::counters::Sharded;
use crate::listen::{ListenerId, unix};
use crate::live::{Gate, Live};
use crate::log::{Names, Ring, Writer};
use crate::worker::Shared;
use crate::worker::run::{self, COMMANDS, Command, Stop};
pub use prepare::{LocalRejection, Prepared, Reason};
pub use report::ProcessReport;

/// Descriptors kept back for what is not a proxied connection.
const RESERVE: u64 = 256;

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Worker threads; at least one.
    pub workers: usize,
    /// Client connections at one time where no generation says otherwise; `None`: as the file limit allows.
    pub max_connections: Option<u32>,
    /// Processes that this one relieves (HAProxy: -sf, -st): their sockets are no obstacle.
    pub predecessors: Vec<u32>,
}

impl Default for Settings {
    /// A worker per CPU.
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self { workers, max_connections: None, predecessors: Vec::new() }
    }
}

/// Serves generations. Dropping it is a hard stop.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    shared: Arc<Shared>,
    workers: Vec<mpsc::Sender<Command>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    writer: Mutex<Option<Writer>>,
    stop: watch::Sender<Stop>,
    bound: Arc<Mutex<BoundSockets>>,
    /// A generation is being prepared.
    busy: Arc<AtomicBool>,
    serial: AtomicU64,
    started: std::time::Instant,
}

/// The listening sockets of the process, by what they listen on.
#[derive(Debug, Default)]
struct BoundSockets {
    last: u64,
    sockets: HashMap<prepare::Identity, Bound, FxBuildHasher>,
}

#[derive(Debug)]
struct Bound {
    id: ListenerId,
    key: ObjectKey,
    gate: Arc<Gate>,
    local: Option<SocketAddr>,
    file: Option<unix::File>,
}

impl Engine {
    /// Starts the workers and the writer of logs. Raises the limit of open files as far as it goes.
    ///
    /// # Errors
    /// Where the host gives no thread or no event loop.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let settings = Settings { workers: settings.workers.max(1), ..settings };
        raise_file_limit();
        let bell = Arc::default();
        let rings: Box<[_]> = (0..settings.workers).map(|_| Arc::new(Ring::new(Arc::clone(&bell)))).collect();
        let writer = Writer::start(rings.to_vec(), bell)?;
        let shared = Arc::new(Shared {
            live: Live::new(settings.workers),
            counters: Sharded::new(settings.workers),
            gate: Arc::new(Gate::new(most_connections(&settings))),
            tasks: Arc::default(),
            rings,
            beats: (0..settings.workers).map(|_| AtomicU64::new(0)).collect(),
            names: writer.names(),
            lost_lines: writer.lost(),
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim_end().into(),
        });
        let (stop, stopped) = watch::channel(Stop::No);
        let mut workers = Vec::new();
        let mut threads = Vec::new();
        for index in 0..settings.workers {
            let (sender, commands) = mpsc::channel(COMMANDS);
            threads.push(run::start(index, Arc::clone(&shared), commands, stopped.clone())?);
            workers.push(sender);
        }
        Ok(Self {
            settings,
            shared,
            workers,
            threads: Mutex::new(threads),
            writer: Mutex::new(Some(writer)),
            stop,
            bound: Arc::default(),
            busy: Arc::default(),
            serial: AtomicU64::new(0),
            started: std::time::Instant::now(),
        })
    }

    /// What is served: for checks, which tell it the endpoints' health, and for reports.
    pub fn live(&self) -> &Live {
        &self.shared.live
    }

    /// Where a listener of the generation in force accepts: tells the port where 0 was asked for. `None`: it is no IP
    /// listener, or not bound.
    pub fn address(&self, listener: &ObjectKey) -> Option<SocketAddr> {
        let bound = lock(&self.bound);
        bound.sockets.values().find(|bound| bound.key == *listener).and_then(|bound| bound.local)
    }

    /// Accepts nothing from now on. Exchanges go on to their end; connections close when they are idle.
    pub fn soft_stop(&self) {
        self.raise(Stop::Soft);
        // The files of unix sockets go now: a successor has put its own there, or nobody is to find them.
        lock(&self.bound).sockets.clear();
    }

    /// Waits until no client connection is left, and the end of each is counted.
    pub async fn drained(&self) {
        self.shared.tasks.empty().await;
    }

    /// Ends everything now: returns when the workers are gone and the logs are written. May be called again.
    pub fn hard_stop(&self) {
        self.raise(Stop::Hard);
        lock(&self.bound).sockets.clear();
        for thread in std::mem::take(&mut *lock(&self.threads)) {
            if thread.join().is_err() {
                tracing::error!("a worker had panicked");
            }
        }
        if let Some(writer) = lock(&self.writer).take() {
            writer.finish();
        }
    }

    /// What the names of log receivers resolve to.
    pub fn log_names(&self) -> &Names {
        &self.shared.names
    }

    /// Per worker a number that grows every second while the worker turns: for a watchdog.
    pub fn beats(&self) -> Vec<u64> {
        self.shared.beats.iter().map(|beat| beat.load(SeqCst)).collect()
    }

    fn raise(&self, level: Stop) {
        self.stop.send_if_modified(|stop| {
            let raised = *stop < level;
            *stop = (*stop).max(level);
            raised
        });
    }

    fn own_paths(&self) -> Vec<PathBuf> {
        lock(&self.bound)
            .sockets
            .values()
            .filter_map(|bound| Some(bound.file.as_ref()?.path().to_owned()))
            .collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.hard_stop();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn raise_file_limit() {
    match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok((soft, hard)) if soft < hard => {
            if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
                tracing::warn!(%error, soft, hard, "the limit of open files stays low");
            }
        }
        _ => {}
    }
}

/// Two descriptors per connection: the client's and the endpoint's.
fn most_connections(settings: &Settings) -> u32 {
    settings.max_connections.unwrap_or_else(|| {
        let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, _)| soft);
        u32::try_from((files.saturating_sub(RESERVE) / 2).max(16)).unwrap_or(u32::MAX)
    })
}
