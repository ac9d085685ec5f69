//! A connection that was accepted, and what takes it.

use std::sync::Arc;

use sluicegate_model::listener::{Entry, HttpProtocol};
use tokio::time::Instant;

use super::ListenerId;
use crate::live::{Active, Generation, LiveFrontend, Place, Taking};
use crate::proxy_protocol::Header;
use crate::stream::{Peer, Stream};
use crate::worker::Worker;

/// Of connections whose listener is closed: listeners are numbered from 1.
const NONE: ListenerId = ListenerId(0);

/// A client connection on its way to its task.
#[derive(Debug)]
pub struct Incoming {
    /// Nothing has been read but what the entry of its listener asks for.
    pub stream: Stream,
    /// Who connected.
    pub client: Peer,
    /// What the connection said of itself; `None`: nothing was waited for.
    pub announced: Option<Arc<Header>>,
    /// When.
    pub accepted: Instant,
    /// What takes it.
    pub attachment: Attachment,
    /// Its places under the limits of the process, the frontend and the listener; the task holds them to its end. `None`: they are
    /// those of the connection that it is a stream of.
    pub places: Option<[Place; 3]>,
}

/// What a connection's next request is served by: the newest frontend of the listener that it came in by.
#[derive(Debug, Clone)]
pub struct Attachment {
    listener: ListenerId,
    serial: u64,
    generation: Generation,
    frontend: Arc<LiveFrontend>,
    entry: Option<Arc<Entry>>,
}

/// Whether the configuration still knows the listener of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Serving,
    /// It does not: this exchange is the last, served by the frontend as it was. Close with
    /// [`CloseCause::FrontendRemoved`](crate::counters::CloseCause::FrontendRemoved).
    Removed,
}

impl Attachment {
    /// What a worker's newest generation has for a listener; `None`: nothing.
    pub(crate) fn new(worker: &Worker, listener: ListenerId) -> Option<Self> {
        worker.with_active(|active| {
            let Taking { frontend, entry } = active.listeners.get(&listener)?.clone();
            Some(Self { listener, serial: active.serial, generation: active.generation, frontend, entry })
        })
    }

    /// To be called when a request begins: takes up the newest generation. Costs two loads where nothing changed.
    pub fn refresh(&mut self, worker: &Worker) -> Standing {
        worker.with_active(|active| {
            if active.serial == self.serial {
                return Standing::Serving;
            }
            let Some(frontend) = self.newest(active) else { return Standing::Removed };
            self.serial = active.serial;
            self.generation = active.generation;
            match active.listeners.get(&self.listener) {
                Some(taking) => self.entry.clone_from(&taking.entry),
                None => self.listener = NONE,
            }
            if !Arc::ptr_eq(frontend, &self.frontend) {
                self.frontend = Arc::clone(frontend);
            }
            Standing::Serving
        })
    }

    /// A frontend that is disabled listens nowhere, and keeps the connections that it has; also when it listens again,
    /// on sockets that they did not come in by.
    fn newest<'a>(&self, active: &'a Active) -> Option<&'a Arc<LiveFrontend>> {
        active.listeners.get(&self.listener).map(|taking| &taking.frontend).or_else(|| {
            let frontend = active.frontends.get(self.frontend.config.key())?;
            (frontend.settings().disabled || self.listener == NONE).then_some(frontend)
        })
    }

    /// The frontend, as of the last refresh.
    pub fn frontend(&self) -> &Arc<LiveFrontend> {
        &self.frontend
    }

    /// What connections pass on the way to it, as of the last refresh that found the listener.
    pub(super) fn entry(&self) -> Option<&Arc<Entry>> {
        self.entry.as_ref()
    }

    /// Whether a client may begin to speak HTTP/2 by its preface alone.
    pub(crate) fn may_begin_with_preface(&self) -> bool {
        self.entry.as_ref().is_none_or(|entry| entry.http == HttpProtocol::Any)
    }

    /// The generation, as of the last refresh.
    pub fn generation(&self) -> Generation {
        self.generation
    }
}
