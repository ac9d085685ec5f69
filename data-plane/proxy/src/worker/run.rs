//! A worker's thread: its event loop and the commands that reach it.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::JoinHandle;
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;

use super::beat::Meter;
use super::inquiries::{self, Inquiry};
use super::{Shared, Worker, warm};
use crate::clock::Clock;
use crate::listen::ListenerId;
use crate::listen::accept::{self, Opened};
use crate::listen::bind::Half;
use crate::udp;

/// Between two beats, and two sweeps of the idle connections.
const BEAT: Duration = Duration::from_secs(1);
/// Commands that may wait for a worker.
pub(crate) const COMMANDS: usize = 8;

/// What a commit asks of a worker. Sent for every commit: it makes the worker let go of the generation before.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) open: Vec<Opened>,
    pub(crate) close: Vec<ListenerId>,
}

/// How far the process is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    No,
    /// Accept nothing, finish what is there.
    Soft,
    /// Drop everything.
    Hard,
}

/// Starts a worker's thread.
///
/// # Errors
/// Where the host gives no thread or no event loop.
pub(crate) fn start(
    index: usize,
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    asked: mpsc::Receiver<Inquiry>,
    stop: watch::Receiver<Stop>,
) -> io::Result<JoinHandle<()>> {
    // The event loop is bound to its thread, so it is made there; its failure is told here.
    let (ready, made) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name(format!("worker-{index}")).spawn(move || {
        let runtime = match runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                // The starter waits for just this; if it is gone, nobody wants to know.
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        let worker = runtime.block_on(async { Worker::new(index, shared) });
        runtime.block_on(async {
            tokio::task::spawn_local(inquiries::answer(Rc::clone(&worker), asked));
            turn(Rc::clone(&worker), commands, stop).await;
        });
        drop(runtime);
    })?;
    made.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
    Ok(thread)
}

fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .on_thread_unpark(Clock::woken)
        .build_local(LocalOptions::default())
}

async fn turn(worker: Rc<Worker>, mut commands: mpsc::Receiver<Command>, mut stop: watch::Receiver<Stop>) {
    let mut doors = Doors::default();
    let mut meter = Meter::new();
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            changed = stop.changed() => {
                let level = *stop.borrow_and_update();
                if changed.is_err() || level == Stop::Hard {
                    return;
                }
                if level == Stop::Soft {
                    doors.clear();
                    worker.soft_stop();
                }
            }
            Some(command) = commands.recv() => apply(&worker, &mut doors, command),
            _ = beat.tick() => {
                meter.beat(&worker.shared.beats[worker.index]);
                let now = worker.clock.refresh();
                worker.idle.sweep(now);
                worker.trunks.sweep(now);
                warm::open(&worker);
            }
        }
    }
}

/// Of each listener its sockets that are accepted on.
type Doors = FxHashMap<ListenerId, Vec<oneshot::Sender<()>>>;

fn apply(worker: &Rc<Worker>, doors: &mut Doors, command: Command) {
    worker.with_active(|_| ());
    worker.idle.set_limit(worker.shared.most_idle.load(Relaxed));
    for id in command.close {
        // Dropping the sender is the signal.
        doors.remove(&id);
    }
    if worker.is_stopping() {
        return;
    }
    for opened in command.open {
        let (close, closed) = oneshot::channel();
        doors.entry(opened.id).or_default().push(close);
        match opened.half {
            Half::Udp(socket) => match socket.try_clone() {
                Ok(socket) => {
                    let door = (opened.id, opened.gate);
                    tokio::task::spawn_local(udp::run(Rc::clone(worker), door, socket, closed));
                }
                Err(error) => {
                    tracing::error!(worker = worker.index, %error, "a socket for datagrams cannot be watched");
                }
            },
            half => {
                let opened = Opened { half, ..opened };
                let (door, worker) = (worker.shared.doors.try_enter(), Rc::clone(worker));
                tokio::task::spawn_local(async move {
                    accept::run(worker, opened, closed).await;
                    drop(door);
                });
            }
        }
    }
}
