//! The engine: workers, and generations that are prepared and committed.

mod endings;
mod inquire;
mod prepare;
mod report;
mod room;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use rustc_hash::FxBuildHasher;
use sluicegate_model::Runtime;
use sluicegate_proto::id::ObjectKey;
use tokio::sync::{mpsc, watch};

use crate::counters::Sharded;
use crate::errors::Captures;
use crate::http::{Ask, MAX_WAITING};
use crate::listen::bind::Half;
use crate::listen::handover::{Inherited, Porch};
use crate::listen::{ListenerId, unix};
use crate::live::{Gate, Live};
use crate::log::{Bell, Level, Names, Ring, Sinks, Writer};
use crate::pool::Shelves;
use crate::worker::Shared;
use crate::worker::beat::Beat;
use crate::worker::inquiries::{INQUIRIES, Inquiry};
use crate::worker::run::{self, COMMANDS, Command, Stop};
pub use prepare::{LocalRejection, Prepared, Reason};
pub use report::ProcessReport;
use room::{Room, Shortage};

/// What an engine is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Worker threads; at least one.
    pub workers: usize,
    /// Client connections at one time where no generation says otherwise; `None`: as many as the limit of open files
    /// has room for. Nothing raises it above that.
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
    inquiries: Vec<mpsc::Sender<Inquiry>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    writer: Mutex<Option<Writer>>,
    /// Lines of no worker.
    journal: Arc<Ring>,
    stop: watch::Sender<Stop>,
    bound: Arc<Mutex<BoundSockets>>,
    /// A generation is being prepared.
    busy: Arc<AtomicBool>,
    serial: AtomicU64,
    shortage: Shortage,
    started: std::time::Instant,
    asks: Mutex<Option<mpsc::Receiver<Ask>>>,
    endings: endings::Endings,
    /// Sockets of the predecessors; `None`: not yet asked for.
    inherited: Mutex<Option<Inherited>>,
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
    /// Those of all workers.
    halves: Vec<Half>,
    settings: prepare::Settings,
}

impl Engine {
    /// Starts the workers and the writer of logs. Raises the limit of open files as far as it goes.
    ///
    /// # Errors
    /// Where the host gives no thread or no event loop.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let settings = Settings { workers: settings.workers.max(1), ..settings };
        room::raise_file_limit();
        let bell: Arc<Bell> = Arc::default();
        let rings: Box<[_]> = (0..settings.workers).map(|_| Arc::new(Ring::new(Arc::clone(&bell)))).collect();
        let journal = Arc::new(Ring::new(bell.clone()));
        let writer = Writer::start(rings.iter().chain([&journal]).cloned().collect(), bell)?;
        let (services, asks) = mpsc::channel(MAX_WAITING);
        let shared = Arc::new(Shared {
            services,
            live: Live::new(settings.workers),
            counters: Sharded::new(settings.workers),
            gate: Arc::new(Gate::new(settings.max_connections.unwrap_or(0))),
            tasks: Arc::default(),
            doors: Arc::default(),
            most_idle: AtomicUsize::new(0),
            shelves: Shelves::of(settings.workers),
            rings,
            beats: (0..settings.workers).map(|_| Beat::default()).collect(),
            failed_resolutions: Arc::default(),
            compressors: Default::default(),
            names: writer.names(),
            lost_lines: writer.lost(),
            captures: Captures::default(),
            host: std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim_end().into(),
        });
        let (stop, stopped) = watch::channel(Stop::No);
        let mut workers = Vec::new();
        let mut inquiries = Vec::new();
        let mut threads = Vec::new();
        for index in 0..settings.workers {
            let (sender, commands) = mpsc::channel(COMMANDS);
            let (asker, asked) = mpsc::channel(INQUIRIES);
            threads.push(run::start(index, Arc::clone(&shared), commands, asked, stopped.clone())?);
            workers.push(sender);
            inquiries.push(asker);
        }
        Ok(Self {
            settings,
            shared,
            workers,
            inquiries,
            threads: Mutex::new(threads),
            writer: Mutex::new(Some(writer)),
            journal,
            stop,
            bound: Arc::default(),
            busy: Arc::default(),
            serial: AtomicU64::new(0),
            shortage: Shortage::default(),
            started: std::time::Instant::now(),
            asks: Mutex::new(Some(asks)),
            endings: endings::Endings::default(),
            inherited: Mutex::default(),
        })
    }

    /// Threads that move traffic.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Client connections at one time, as the generation in force and the limit of open files have it.
    pub fn connection_limit(&self) -> u32 {
        self.shared.gate.limit()
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.shared.host
    }

    /// Whether a stop has begun.
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow() != Stop::No
    }

    /// Requests about the proxy itself, for whoever answers them; the first caller gets them. Where nobody does, clients
    /// wait for ten seconds and get a 503.
    pub fn asks(&self) -> Option<mpsc::Receiver<Ask>> {
        lock(&self.asks).take()
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
        // The files of unix sockets go now: a successor has put its own there, or nobody is to find them. Workers let go
        // of sockets after this: they take what is in their queues.
        lock(&self.bound).sockets.clear();
        self.raise(Stop::Soft);
    }

    /// Gives its listening sockets to processes that relieve this one ([`Settings::predecessors`]), until it is dropped.
    /// For one task. Both accept from then on.
    pub async fn hand_over(&self) {
        let porch = match Porch::open() {
            Ok(porch) => porch,
            Err(error) => {
                tracing::warn!(%error, "listening sockets cannot be handed over to a later process");
                return;
            }
        };
        loop {
            let caller = porch.caller().await;
            let halves: Vec<Half> =
                lock(&self.bound).sockets.values().flat_map(|bound| bound.halves.clone()).collect();
            match caller.give(&halves).await {
                Ok(sockets) => tracing::info!(sockets, "listening sockets are handed over"),
                Err(error) => tracing::warn!(%error, "listening sockets could not be handed over"),
            }
        }
    }

    /// Waits until no client connection is left, and the end of each is counted.
    pub async fn drained(&self) {
        self.shared.tasks.empty().await;
    }

    /// Waits, after a soft stop, until nothing is accepted any more, and then as [`Engine::drained`]. Workers hear of a stop
    /// one after the other: while one has no connection left, another one may be taking the next.
    pub async fn finished(&self) {
        self.shared.doors.empty().await;
        self.drained().await;
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

    /// Writes a line about a frontend or a backend to the receivers of its logs; control characters are left out.
    pub fn log(&self, sinks: &Arc<Sinks>, level: Level, text: &str) {
        if sinks.targets.is_empty() {
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.journal.push(sinks, level, now, |out| {
            out.extend(text.bytes().filter(|byte| !byte.is_ascii_control()));
        });
    }

    /// Questions for the addresses of names that were not answered with one, for who asks them to count.
    pub fn failed_resolutions(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.failed_resolutions)
    }

    /// Per worker a number that grows every second while the worker turns: for a watchdog.
    pub fn beats(&self) -> Vec<u64> {
        self.shared.beats.iter().map(|beat| beat.count.load(SeqCst)).collect()
    }

    /// Sets the limit of client connections for a generation: what is over it waits in the kernel.
    fn limit_connections(&self, runtime: &Runtime) {
        let files = room::files();
        let workers = self.settings.workers;
        let Room { clients: room, idle } = Room::of(files, room::needed(runtime, workers, files), workers);
        self.shared.most_idle.store(idle, SeqCst);
        let asked = runtime.process.max_connections.map(NonZeroU32::get).or(self.settings.max_connections);
        let limit = asked.unwrap_or(room).min(room);
        if self.shortage.is_news(asked.or(Some(room::FEW)), room) {
            tracing::warn!(
                asked,
                limit,
                files,
                "the limit of open files has no room for so many connections"
            );
        }
        self.shared.gate.set_limit(limit);
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
