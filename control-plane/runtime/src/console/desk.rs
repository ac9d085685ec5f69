//! Between the control task, which alone changes what is served, and the console.

use std::sync::Arc;

use sluicegate_console::Socket;
use sluicegate_core::Overrides;
use sluicegate_core::overrides::Value;
use sluicegate_haproxy::console::Console as Wishes;
use sluicegate_model::Runtime;
use sluicegate_proto::id::ObjectKey;
use tokio::sync::{mpsc, oneshot, watch};

/// Commands that may wait for the control task.
const REQUESTS: usize = 16;

/// What is served, as of the last publication.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) overrides: Arc<Overrides>,
}

/// Values to set over the configuration.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) values: Vec<(ObjectKey, Value)>,
    /// Who sets them, as the log says it.
    pub(crate) by: String,
    /// Where they could not be set: why.
    pub(crate) reply: oneshot::Sender<Result<(), String>>,
}

/// The console's side. A clone is the same desk.
#[derive(Debug, Clone)]
pub struct Desk {
    seen: watch::Receiver<Seen>,
    wishes: watch::Receiver<Wishes>,
    requests: mpsc::Sender<Request>,
    sockets: watch::Sender<Arc<[Socket]>>,
}

/// The control task's side.
#[derive(Debug)]
pub struct Clerk {
    pub(crate) seen: watch::Sender<Seen>,
    pub(crate) wishes: watch::Sender<Wishes>,
    pub(crate) requests: mpsc::Receiver<Request>,
}

/// Both sides.
pub fn desk() -> (Desk, Clerk) {
    let (seen, see) = watch::channel(Seen::default());
    let (wishes, wish) = watch::channel(Wishes::default());
    let (sender, requests) = mpsc::channel(REQUESTS);
    let sockets = watch::Sender::new(Arc::default());
    (Desk { seen: see, wishes: wish, requests: sender, sockets }, Clerk { seen, wishes, requests })
}

impl Desk {
    /// What is served now.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// What the newest configuration asks of the console.
    pub(super) fn wishes(&mut self) -> Wishes {
        self.wishes.borrow_and_update().clone()
    }

    /// The same, for who does not follow it.
    pub(super) fn asked(&self) -> Wishes {
        self.wishes.borrow().clone()
    }

    /// Waits until it asks for something else; false where it never will.
    pub(super) async fn changed(&mut self) -> bool {
        self.wishes.changed().await.is_ok()
    }

    /// Says which sockets there are.
    pub(super) fn name(&self, sockets: Arc<[Socket]>) {
        self.sockets.send_replace(sockets);
    }

    pub(super) fn sockets(&self) -> Arc<[Socket]> {
        Arc::clone(&self.sockets.borrow())
    }

    /// Sets values over the configuration, all or none; returns when they are published.
    pub(crate) async fn set(&self, values: Vec<(ObjectKey, Value)>, by: String) -> Result<(), String> {
        let (reply, answered) = oneshot::channel();
        let gone = || "the control plane is stopping".to_owned();
        self.requests.send(Request { values, by, reply }).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}
