//! The accept loop of one listener on one worker.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sluicegate_model::Mode;
use tokio::sync::oneshot;

use super::bind::Half;
use super::entry::Arriving;
use super::socket::Listener;
use super::{Attachment, Incoming, ListenerId};
use crate::counters::CloseCause;
use crate::live::{Gate, Place};
use crate::stream::{Peer, Stream};
use crate::upstream::lacks_room;
use crate::worker::Worker;
use crate::{http, tcp};

/// Connections taken before other tasks get their turn (HAProxy: tune.maxaccept).
const BATCH: u32 = 64;
/// Pause after accepting failed for a reason that time must mend: the host ran out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(100);

/// What a worker is given of a listener.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) id: ListenerId,
    pub(crate) half: Half,
    /// The listener's own limit.
    pub(crate) gate: Arc<Gate>,
}

/// Accepts until `stop` fires; then takes what the kernel has accepted already, and lets go of the socket. What comes
/// between the two is lost, unless somebody else has a share in the socket.
pub(crate) async fn run(worker: Rc<Worker>, opened: Opened, mut stop: oneshot::Receiver<()>) {
    let listener = match Listener::new(opened.half) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(worker = worker.index, %error, "a listening socket cannot be watched");
            return;
        }
    };
    let mut door = Door { worker, id: opened.id, gate: opened.gate, attachment: None, guest: None };
    let accepting = async {
        let mut batch = 0u32;
        loop {
            door.wait_for_room().await;
            match poll_fn(|cx| listener.poll_accept(cx)).await {
                Ok((stream, client)) => {
                    door.guest = Some(Guest { stream, client, counted: None });
                    door.enter().await;
                }
                Err(error) => pause(&door.worker, error).await,
            }
            batch = batch.wrapping_add(1);
            if batch.is_multiple_of(BATCH) {
                tokio::task::yield_now().await;
            }
        }
    };
    tokio::select! {
        biased;
        _ = &mut stop => {}
        () = accepting => {}
    }
    // The event loop looks at its sockets once more: connections that came with the stop are ready to be taken then.
    tokio::task::yield_now().await;
    door.drain(&listener);
    drop(listener);
    // Who is in already and has no place yet gets the next one.
    door.enter().await;
}

/// Everything that a connection passes between the kernel and its task.
struct Door {
    worker: Rc<Worker>,
    id: ListenerId,
    gate: Arc<Gate>,
    attachment: Option<Attachment>,
    guest: Option<Guest>,
}

/// A connection that was accepted and has no place yet.
struct Guest {
    stream: Stream,
    client: Peer,
    /// While it waits: the process does not end without it.
    counted: Option<Place>,
}

impl Door {
    /// The newest frontend; where the listener is gone, the last one that it had.
    fn attach(&mut self) {
        match &mut self.attachment {
            Some(attachment) => {
                attachment.refresh(&self.worker);
            }
            none => *none = Attachment::new(&self.worker, self.id),
        }
    }

    fn full_gate(&self) -> Option<Arc<Gate>> {
        let frontend = self.attachment.as_ref().map(|attachment| &attachment.frontend().state.gate);
        let gates = [Some(&self.worker.shared.gate), frontend, Some(&self.gate)];
        gates.into_iter().flatten().find(|gate| gate.is_full()).cloned()
    }

    /// At a limit nothing is accepted: connections wait in the kernel's queue, as with HAProxy.
    async fn wait_for_room(&mut self) {
        self.attach();
        while let Some(full) = self.full_gate() {
            full.changed().await;
            self.attach();
        }
    }

    fn places(&self, attachment: &Attachment) -> Option<[Place; 3]> {
        let process = self.worker.shared.gate.try_enter()?;
        let frontend = attachment.frontend().state.gate.try_enter()?;
        Some([process, frontend, self.gate.try_enter()?])
    }

    /// Another worker may have taken the last place meanwhile: then this one connection waits.
    async fn enter(&mut self) {
        while !self.let_in() {
            self.wait_for_room().await;
        }
    }

    /// Whether nobody waits for a place.
    fn let_in(&mut self) -> bool {
        let Some(mut guest) = self.guest.take() else { return true };
        self.attach();
        let Some(attachment) = self.attachment.clone() else {
            self.refuse();
            return true;
        };
        let Some(places) = self.places(&attachment) else {
            guest.counted = guest.counted.or_else(|| self.worker.shared.tasks.try_enter());
            self.guest = Some(guest);
            return false;
        };
        self.serve(guest.stream, guest.client, attachment, places);
        true
    }

    /// A listener without a frontend: closed at once.
    fn refuse(&self) {
        let counters = self.worker.counters();
        counters.connections.add(1);
        counters.closes[CloseCause::FrontendRemoved as usize].add(1);
    }

    fn serve(&self, stream: Stream, client: Peer, attachment: Attachment, places: [Place; 3]) {
        let worker = &self.worker;
        worker.counters().connections.add(1);
        let frontend = attachment.frontend();
        frontend.state.counters.shard(worker.index).connections.add(1);
        let mode = frontend.settings().mode;
        let entry = attachment.entry().cloned();
        let accepted = worker.clock.now();
        let incoming =
            Incoming { stream, client, announced: None, accepted, attachment, places: Some(places) };
        if let Some(entry) = entry {
            return worker.spawn(Arriving::new(Rc::clone(worker), incoming, entry));
        }
        match mode {
            Mode::Tcp => worker.spawn(tcp::serve(Rc::clone(worker), incoming)),
            Mode::Http => worker.spawn(http::Connection::new(Rc::clone(worker), incoming)),
            // The compiler refuses such a listener.
            Mode::Udp => self.refuse(),
        }
    }

    /// What the kernel has accepted would be reset with the socket, where nobody else has it.
    fn drain(&mut self, listener: &Listener) {
        let mut now = Context::from_waker(Waker::noop());
        while self.let_in() && self.full_gate().is_none() {
            match listener.poll_accept(&mut now) {
                Poll::Ready(Ok((stream, client))) => {
                    self.guest = Some(Guest { stream, client, counted: None })
                }
                Poll::Ready(Err(error)) if befell_one(&error) => {}
                Poll::Ready(Err(_)) | Poll::Pending => return,
            }
        }
    }
}

/// What befell one connection is over with it; anything else stays as it is for a while, and so must the loop, which
/// would turn for nothing. Idle connections to endpoints give up their descriptors to clients.
async fn pause(worker: &Worker, error: io::Error) {
    if befell_one(&error) {
        tokio::task::yield_now().await;
        return;
    }
    if lacks_room(&error) {
        worker.idle.clear();
    }
    if worker.may_complain() {
        tracing::warn!(worker = worker.index, %error, "no connection can be accepted for now");
    }
    tokio::time::sleep(PAUSE).await;
}

/// Errors of a connection that was to be accepted, as Linux hands them on (accept(2)); EPERM is a firewall's.
fn befell_one(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNABORTED
                | libc::EINTR
                | libc::EPERM
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::ENETDOWN
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::EOPNOTSUPP
                | libc::ENETUNREACH
                | libc::ETIMEDOUT
        )
    )
}

#[cfg(test)]
mod tests;
