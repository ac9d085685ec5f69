//! One OS thread that serves connections, and what it keeps for them.

pub(crate) mod beat;
mod counted;
pub(crate) mod inquiries;
mod reach;
pub(crate) mod run;
pub(crate) mod tasks;
pub(crate) mod warm;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use arc_swap::{ArcSwap, Cache};
use sluicegate_model::expr::Format;
use sluicegate_model::outgoing::Outgoing;
use sluicegate_rules::{Scratch, Style, render};
use tokio::sync::mpsc;
use tokio::time::Instant;

use beat::Beat;
pub(crate) use counted::Counted;

use crate::chance::Chance;
use crate::clock::Clock;
use crate::compression::{Coders, Memory};
use crate::counters::{ProcessCounters, Sharded, count_response};
use crate::errors::{Captures, Wrong};
use crate::exchange::{Durations, Exchange, Exchanges};
use crate::http::Ask;
use crate::live::{Active, Gate, Live, LiveBackend, LiveEndpoint};
use crate::log::{Calendar, Level, Line, Names, Ring};
use crate::multiplex::Trunks;
use crate::pool::{IdlePool, Share, Shelves};
use crate::stream::{Stream, Target};
use crate::transfer::Lender;
use crate::upstream::{ConnectError, Connecting, lacks_room};
pub use tasks::Registration;
use tasks::Tasks;
use warm::Openings;

/// What the workers of a process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) live: Live,
    pub(crate) counters: Sharded<ProcessCounters>,
    /// Client connections of the process.
    pub(crate) gate: Arc<Gate>,
    /// Connections' tasks, until their end is counted.
    pub(crate) tasks: Arc<Gate>,
    /// Loops that accept connections, until they have let go of their sockets: as long as there is one, tasks may begin.
    pub(crate) doors: Arc<Gate>,
    /// Idle connections to endpoints that each worker may keep.
    pub(crate) most_idle: AtomicUsize,
    /// Those that there are, by worker.
    pub(crate) shelves: Arc<[Shelves]>,
    pub(crate) rings: Box<[Arc<Ring>]>,
    pub(crate) names: Arc<Names>,
    /// Log lines that a receiver did not take.
    pub(crate) lost_lines: Arc<AtomicU64>,
    /// Where requests about the proxy itself go.
    pub(crate) services: mpsc::Sender<Ask>,
    /// The last messages that could not be read.
    pub(crate) captures: Captures,
    /// The host's name.
    pub(crate) host: Box<str>,
    /// Of each worker, as of the last second.
    pub(crate) beats: Box<[Beat]>,
    /// Questions for the addresses of names that were not answered with one.
    pub(crate) failed_resolutions: Arc<AtomicU64>,
    /// What compressors take.
    pub(crate) compressors: Memory,
}

/// A worker's own things. Everything here is used by its thread alone; connections' tasks hold it in an `Rc`.
#[derive(Debug)]
pub struct Worker {
    /// From 0.
    pub index: usize,
    /// Time.
    pub clock: Clock,
    /// Numbers for expressions.
    pub(crate) chance: Chance,
    /// Memory for records.
    pub exchanges: Exchanges,
    /// Idle connections to endpoints.
    pub idle: IdlePool,
    /// Those that carry many exchanges.
    pub(crate) trunks: Trunks,
    /// Those that are being opened ahead.
    pub(crate) openings: Openings,
    /// Memory for bytes in passing.
    pub(crate) lender: Lender,
    /// What compresses bodies.
    pub(crate) coders: Rc<Coders>,
    /// What HTTP connections need.
    pub(crate) http: crate::http::Local,
    pub(crate) shared: Arc<Shared>,
    active: RefCell<Cache<Arc<ArcSwap<Active>>, Arc<Active>>>,
    stopping: Cell<bool>,
    pub(crate) tasks: Rc<Tasks>,
    calendar: RefCell<Calendar>,
    scratch: RefCell<Scratch>,
    complained: Cell<Option<Instant>>,
}

impl Worker {
    pub(crate) fn new(index: usize, shared: Arc<Shared>) -> Rc<Self> {
        Rc::new(Self {
            index,
            clock: Clock::new(),
            chance: Chance::new(),
            exchanges: Exchanges::default(),
            idle: IdlePool::new(Share { index, workers: shared.shelves.len() }, Arc::clone(&shared.shelves)),
            trunks: Trunks::default(),
            openings: Openings::default(),
            lender: Lender::default(),
            coders: Coders::new(shared.compressors.clone()),
            http: crate::http::Local::default(),
            active: RefCell::new(Cache::new(shared.live.pointer())),
            stopping: Cell::new(false),
            tasks: Rc::new(Tasks::new(index, shared.beats.len())),
            calendar: RefCell::default(),
            scratch: RefCell::default(),
            complained: Cell::new(None),
            shared,
        })
    }

    /// Looks at the newest generation. `look` must not come back here.
    pub(crate) fn with_active<T>(&self, look: impl FnOnce(&Active) -> T) -> T {
        look(self.active.borrow_mut().load())
    }

    /// This worker's part of the process's counters.
    pub fn counters(&self) -> &ProcessCounters {
        self.shared.counters.shard(self.index)
    }

    /// Whether connections that are idle, or come to the end of an exchange, are to close
    /// ([`CloseCause::SoftStop`](crate::counters::CloseCause::SoftStop)).
    pub fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// For a task that is woken when a soft stop begins, and called upon when an operator asks: from its first poll, for
    /// as long as the registration lives.
    pub fn registration(&self) -> Registration {
        Registration::new(&self.tasks)
    }

    /// Zeroes this worker's counters of what is served: all of them, or the highest values alone. Nobody else writes
    /// them, so nothing is lost but what is to be forgotten.
    pub(crate) fn clear_counters(&self, all: bool) {
        self.with_active(|active| {
            for frontend in active.frontends.values() {
                frontend.state.counters.clear_shard(self.index, all);
            }
            for backend in active.backends.values() {
                backend.state.counters.clear_shard(self.index, all);
                for endpoint in &backend.endpoints {
                    endpoint.state.counters.clear_shard(self.index, all);
                }
            }
        });
    }

    /// Begins to connect ([`Connecting::start`]). Where there is no room for one more socket, idle connections make
    /// some.
    pub(crate) fn connect(
        &self,
        target: &Target,
        outgoing: Option<&Outgoing>,
    ) -> Result<Connecting, ConnectError> {
        self.make_room(|| Connecting::start(target, outgoing))
    }

    /// The same, to write at once ([`Connecting::start_to_write`]).
    pub(crate) fn connect_to_write(
        &self,
        target: &Target,
        outgoing: Option<&Outgoing>,
    ) -> Result<Connecting, ConnectError> {
        self.make_room(|| Connecting::start_to_write(target, outgoing))
    }

    fn make_room(
        &self,
        start: impl Fn() -> Result<Connecting, ConnectError>,
    ) -> Result<Connecting, ConnectError> {
        match start() {
            Err(ConnectError::Exhausted(error)) if lacks_room(&error) && !self.idle.is_empty() => {
                self.idle.clear();
                start()
            }
            begun => begun,
        }
    }

    /// At most once a second: what goes wrong for each connection must not fill the log.
    pub(crate) fn may_complain(&self) -> bool {
        let now = self.clock.now();
        let quiet =
            self.complained.get().is_none_or(|last| now.saturating_duration_since(last).as_secs() >= 1);
        if quiet {
            self.complained.set(Some(now));
        }
        quiet
    }

    pub(crate) fn soft_stop(&self) {
        self.stopping.set(true);
        self.idle.clear();
        self.trunks.clear();
        self.tasks.wake();
    }

    /// Keeps a message of an exchange that could not be read.
    #[cold]
    pub(crate) fn capture(&self, exchange: &Exchange, response: bool, wrong: Wrong<'_>) {
        self.shared.captures.keep(exchange, response, self.clock.unix(self.clock.now()), wrong);
    }

    /// Ends an exchange: fills in its end, counts its bytes and answer, logs it.
    pub fn finish(&self, exchange: &mut Exchange) {
        exchange.times.ended.get_or_insert_with(|| self.clock.now());
        self.count(exchange);
        if !exchange.logs_at_start() {
            self.log(exchange);
        }
    }

    /// Logs an exchange that has begun, where its frontend logs beginnings.
    pub(crate) fn begin(&self, exchange: &mut Exchange, stream: &Stream) {
        if exchange.logs_at_start() {
            exchange.note_local(stream);
            self.log(exchange);
        }
    }

    /// The same of one whose addresses are known.
    pub(crate) fn begin_known(&self, exchange: &Exchange) {
        if exchange.logs_at_start() {
            self.log(exchange);
        }
    }

    fn log(&self, exchange: &Exchange) {
        let Some(frontend) = &exchange.frontend else { return };
        let logging = &frontend.settings().logging;
        let Some(format) = &logging.format else { return };
        if frontend.sinks.targets.is_empty() || (logging.skip_null && !logging.at_start && exchange.is_null())
        {
            return;
        }
        let mut level = Level::Info;
        if frontend.sinks.tell_errors {
            match exchange.went_wrong() {
                false if logging.errors_only => return,
                true if logging.separate_errors => level = Level::Error,
                _ => {}
            }
        }
        let number = frontend.state.next_line();
        let at = match frontend.sinks.tell_time {
            true => self.clock.unix(exchange.times.ended.unwrap_or_else(|| self.clock.now())),
            false => Duration::ZERO,
        };
        self.with_line(exchange, number, |line| {
            self.shared.rings[self.index].push_structured(&frontend.sinks, level, at, |out| {
                let scratch = &mut self.scratch.borrow_mut();
                let start = out.len();
                if let Some(data) = logging.structured_data.as_ref().filter(|_| frontend.sinks.structured) {
                    render(data, line, Style::Log, scratch, out);
                }
                let length = out.len() - start;
                render(format, line, Style::Log, scratch, out);
                length
            });
        });
    }

    /// An exchange as formats see it, in log lines and in rules. `number` is that of the line.
    pub(crate) fn with_line<T>(
        &self,
        exchange: &Exchange,
        number: u64,
        look: impl FnOnce(&Line<'_>) -> T,
    ) -> T {
        self.with_active(|active| {
            look(&Line {
                exchange,
                calendar: &self.calendar,
                clock: &self.clock,
                connections: self.shared.gate.open(),
                node: active.runtime.process.node.as_deref().unwrap_or(&self.shared.host),
                number,
                host: &self.shared.host,
                active,
                chance: &self.chance,
            })
        })
    }

    /// What a format says of an exchange, as it is.
    #[cold]
    pub(crate) fn text(&self, exchange: &Exchange, format: &Format) -> Vec<u8> {
        let mut text = Vec::new();
        self.with_line(exchange, 0, |line| {
            render(format, line, Style::Body, &mut self.scratch.borrow_mut(), &mut text);
        });
        text
    }

    /// Counts another attempt, after one at `left` has failed, now that it is known where it goes (HAProxy: wretr, wredis).
    #[cold]
    pub(crate) fn count_retry(&self, exchange: &mut Exchange, left: &LiveEndpoint, endpoint: &LiveEndpoint) {
        let elsewhere = !Arc::ptr_eq(&left.state, &endpoint.state);
        if elsewhere {
            exchange.redispatched = true;
            exchange.belonging.moved();
        }
        if let Some(backend) = &exchange.backend {
            let of_backend = backend.state.counters.shard(self.index);
            if elsewhere { &of_backend.redispatches } else { &of_backend.retries }.add(1);
        }
        let its = left.state.counters.shard(self.index);
        if elsewhere { &its.redispatches } else { &its.retries }.add(1);
    }

    /// Counts an exchange that came to no connection, the last attempt at `endpoint` (HAProxy: econ).
    #[cold]
    pub(crate) fn count_unconnected(&self, backend: &LiveBackend, endpoint: Option<&Arc<LiveEndpoint>>) {
        backend.state.counters.shard(self.index).connect_errors.add(1);
        if let Some(endpoint) = endpoint {
            endpoint.state.counters.shard(self.index).connect_errors.add(1);
        }
    }

    /// Counts a response that a rule turns away, wherever the exchange has come by.
    pub(crate) fn count_denied_response(&self, exchange: &Exchange) {
        if let Some(frontend) = &exchange.frontend {
            frontend.state.counters.shard(self.index).denied_responses.add(1);
        }
        if let Some(backend) = &exchange.backend {
            backend.state.counters.shard(self.index).denied_responses.add(1);
        }
        if let Some(endpoint) = &exchange.endpoint {
            endpoint.state.counters.shard(self.index).denied_responses.add(1);
        }
    }

    fn count(&self, exchange: &Exchange) {
        if let Some(frontend) = &exchange.frontend {
            let counters = frontend.state.counters.shard(self.index);
            counters.bytes_in.add(exchange.bytes_in);
            counters.bytes_out.add(exchange.bytes_out);
            if let Some(status) = exchange.status {
                count_response(&counters.responses, status);
            }
        }
        if let Some(backend) = &exchange.backend {
            let counters = backend.state.counters.shard(self.index);
            counters.exchanges.add(1);
            if let Some(status) = exchange.status {
                count_response(&counters.responses, status);
            }
            let (by_client, by_server) = exchange.termination.aborted();
            counters.client_aborts.add(by_client.into());
            counters.server_aborts.add(by_server.into());
        }
        if let Some(endpoint) = &exchange.endpoint {
            let counters = endpoint.state.counters.shard(self.index);
            let durations = Durations(&exchange.times);
            let (response, active) = durations.response_and_active();
            counters.durations.queue.add(durations.wait());
            counters.durations.connect.add(durations.connect());
            counters.durations.response.add(response);
            counters.durations.total.add(active);
            let (by_client, by_server) = exchange.termination.aborted();
            counters.client_aborts.add(by_client.into());
            counters.server_aborts.add(by_server.into());
        }
    }
}

#[cfg(test)]
mod tests;
