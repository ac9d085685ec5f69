//! The proxy as a whole: its engine and its control thread.

use std::future::pending;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_engine::engine::{self, Engine};
use sluicegate_proto::capability::PROGRAMS;
use sluicegate_sync::state::StateError;
use sluicegate_sync::{Client, StateDir, Target, errands};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::apply::{Applier, Served};
use crate::endpoints::Endpoints;
use crate::news::News;
use crate::probe::Network;
use crate::report::Reports;
use crate::{keep, pages, watchdog};

/// How long a stop waits for what is still being compiled or written.
const LAST_WORK: Duration = Duration::from_secs(2);

/// What a proxy is started with.
#[derive(Clone)]
pub struct Settings {
    /// Where snapshots come from.
    pub control: Target,
    /// Whose snapshots.
    pub scope: String,
    /// Its name among the proxies; `None`: the one that the state directory remembers, else one made of the host's name.
    pub proxy_id: Option<String>,
    /// Keeps the last good snapshot and the name over restarts; `None`: nothing is kept.
    pub state_dir: Option<PathBuf>,
    /// Threads that move traffic; `None`: one a CPU.
    pub workers: Option<NonZeroUsize>,
    /// Processes that this one relieves (HAProxy: -sf, -st): their sockets are no obstacle.
    pub predecessors: Vec<u32>,
    /// Whether the control plane may have it run programs of this host (HAProxy: external-check).
    pub runs_programs: bool,
}

impl Settings {
    /// For the Scope `scope` of this control plane, with the defaults for the rest.
    pub fn new(control: Target, scope: String) -> Self {
        let (proxy_id, state_dir, workers, predecessors, runs_programs) = Default::default();
        Self { control, scope, proxy_id, state_dir, workers, predecessors, runs_programs }
    }
}

/// Why a proxy does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state directory is another proxy's, or cannot be written.
    #[error("the state directory cannot be used: {0}")]
    State(#[from] StateError),
    /// The host gives no thread or no event loop.
    #[error("this host gives no thread or no event loop: {0}")]
    Host(#[from] io::Error),
}

/// How far the proxy is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    Soft,
    Hard,
}

/// A running proxy. Dropping it is a hard stop for which nobody waits.
#[derive(Debug)]
pub struct Proxy {
    engine: Arc<Engine>,
    stop: watch::Sender<Stop>,
    served: watch::Receiver<Option<Served>>,
    thread: JoinHandle<()>,
}

impl Proxy {
    /// Starts the workers and the control thread. Without a control plane it serves what its state directory has, and
    /// asks again and again.
    ///
    /// # Errors
    /// Where the state directory or the host refuses.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let state = settings.state_dir.as_deref().map(StateDir::open).transpose()?;
        let client = identity(&settings, state.as_ref())?;
        let mut engine_settings =
            engine::Settings { predecessors: settings.predecessors, ..engine::Settings::default() };
        if let Some(workers) = settings.workers {
            engine_settings.workers = workers.get();
        }
        let engine = Arc::new(Engine::start(engine_settings)?);
        let (served_sender, served) = watch::channel(None);
        let (stop, stopped) = watch::channel(Stop::No);
        let control = Control {
            applier: Applier::new(Arc::clone(&engine), served_sender)
                .running_programs(settings.runs_programs),
            engine: Arc::clone(&engine),
            target: settings.control,
            client,
            state: state.map(Arc::new),
            served: served.clone(),
            stop: stopped,
        };
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let thread =
            std::thread::Builder::new().name("control".to_owned()).spawn(move || control.run(runtime))?;
        Ok(Self { engine, stop, served, thread })
    }

    /// Accepts nothing from now on, finishes what is there, and ends; what is left when the configuration's time for it
    /// is over (HAProxy: hard-stop-after) is closed.
    pub fn soft_stop(&self) {
        self.raise(Stop::Soft);
    }

    /// Closes everything and ends.
    pub fn hard_stop(&self) {
        self.raise(Stop::Hard);
    }

    /// Waits for the end that a stop brings.
    pub async fn ended(&self) {
        self.stop.closed().await;
    }

    /// Waits for the end that a stop brings. Says whether it came without a defect.
    pub fn join(self) -> bool {
        self.thread.join().is_ok()
    }

    /// What is served, now and whenever it changes.
    pub fn served(&self) -> watch::Receiver<Option<Served>> {
        self.served.clone()
    }

    /// What serves.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn raise(&self, level: Stop) {
        self.stop.send_if_modified(|stop| {
            let raised = *stop < level;
            *stop = (*stop).max(level);
            raised
        });
    }
}

/// What the control thread works with.
struct Control {
    engine: Arc<Engine>,
    applier: Applier,
    target: Target,
    client: sluicegate_sync::Settings,
    state: Option<Arc<StateDir>>,
    served: watch::Receiver<Option<Served>>,
    stop: watch::Receiver<Stop>,
}

impl Control {
    fn run(self, runtime: Runtime) {
        let engine = Arc::clone(&self.engine);
        runtime.block_on(self.serve());
        engine.hard_stop();
        runtime.shutdown_timeout(LAST_WORK);
    }

    async fn serve(self) {
        let Self { engine, mut applier, target, client, state, served, mut stop } = self;
        let endpoints = Endpoints::new(Arc::clone(&engine), Network, client.seed);
        let ledger = endpoints.ledger();
        tokio::spawn(endpoints.run(served.clone()));
        let closing = Arc::clone(&engine);
        tokio::spawn(async move { closing.carry_out_endings().await });
        let leaving = Arc::clone(&engine);
        tokio::spawn(async move { leaving.hand_over().await });
        tokio::spawn(watchdog::watch(Arc::clone(&engine)));
        let paces = Arc::default();
        let (errands, waiting) = errands();
        if let Some(asks) = engine.asks() {
            let office = pages::Office {
                engine: Arc::clone(&engine),
                served: served.clone(),
                paces: Arc::clone(&paces),
                errands,
            };
            tokio::spawn(office.answer(asks));
        }
        let reports =
            Reports::new(Arc::clone(&engine), client.boot_epoch, served.clone(), paces).with_ledger(ledger);
        let (session_end, pauses_end) = (stopping(stop.clone()), stopping(stop.clone()));
        let keeper = state.clone();
        let session = async move {
            if let Some(state) = state {
                keep::restore(&state, &mut applier).await;
            }
            let client = Client::new(target, client, applier, reports).with_errands(waiting);
            drop(client.run(session_end).await);
            pending().await
        };
        let kept = tokio::spawn(async move {
            if let Some(state) = keeper {
                keep::keep(state, served, pauses_end).await;
            }
        });
        tokio::select! {
            () = session => {}
            () = leave(&engine, &mut stop) => {}
        }
        // The session is gone, and with it the one who commits: what is newest is written, or was.
        drop(tokio::time::timeout(LAST_WORK, kept).await);
    }
}

/// Waits for a stop of any kind.
async fn stopping(mut stop: watch::Receiver<Stop>) {
    // Without a sender nobody is left who could ask.
    let _ = stop.wait_for(|stop| *stop != Stop::No).await;
}

/// Waits for a stop, and then until nothing is left to finish.
async fn leave(engine: &Engine, stop: &mut watch::Receiver<Stop>) {
    // The sender is gone: nobody is left who could stop it, or wait for it.
    if stop.wait_for(|stop| *stop != Stop::No).await.is_err() {
        return;
    }
    engine.soft_stop();
    let limit = engine.live().active().runtime.process.hard_stop_after;
    tokio::select! {
        // Whoever else waits for the end of the last connection may ask for a hard stop at once.
        biased;
        () = engine.finished() => News { engine, active: &engine.live().active() }.tell_stopped(),
        _ = stop.wait_for(|stop| *stop == Stop::Hard) => {}
        () = after(limit) => tracing::warn!("connections are left at the end of the time for a soft stop; closing them"),
    }
}

async fn after(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit).await,
        None => pending().await,
    }
}

/// Who this proxy is to its control plane.
fn identity(settings: &Settings, state: Option<&StateDir>) -> Result<sluicegate_sync::Settings, StateError> {
    let seed = RandomState::new().hash_one(std::process::id());
    let fresh = || {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host.trim_end().chars().filter(|c| !c.is_control()).take(64).collect();
        let host = if host.is_empty() { "proxy" } else { &host };
        format!("{host}-{:08x}", seed >> 32)
    };
    let proxy_id = match (&settings.proxy_id, state) {
        (Some(id), _) => id.clone(),
        (None, Some(state)) => state.proxy_id(&fresh())?,
        (None, None) => fresh(),
    };
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(sluicegate_sync::Settings {
        proxy_id,
        boot_epoch: u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX),
        scope: settings.scope.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        seed,
        withheld: if settings.runs_programs { &[] } else { &[PROGRAMS] },
    })
}

#[cfg(test)]
mod tests;
