//! The task of one listener on one worker: what clients send, and whose it is.

use std::io;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use super::GRACE;
use super::choose::{self, Unserved};
use super::entrance::{Entrance, with_boxes};
use super::inbox::{Arrived, Inbox, MOST};
use super::outbox::Outbox;
use super::session::{Again, Held, Past, Session};
use super::table::Flow;
use super::task::Task;
use super::watch::{Watched, watch};
use crate::exchange::Exchange;
use crate::failure::{self, Failure};
use crate::listen::{Attachment, ListenerId};
use crate::live::{Gate, Place};
use crate::sessions::Ending;
use crate::stream::Peer;
use crate::termination::Phase;
use crate::worker::Worker;

/// Pause after receiving failed for a reason that time must mend.
const PAUSE: Duration = Duration::from_millis(100);

/// Receives until `stop` fires; then takes what has come already. Sessions go on, and their answers still leave.
pub(crate) async fn run(
    worker: Rc<Worker>,
    (id, gate): (ListenerId, Arc<Gate>),
    socket: UdpSocket,
    mut stop: oneshot::Receiver<()>,
) {
    let socket = Rc::new(socket);
    let watched = watch(Rc::clone(&socket));
    let (entrance, watched) = match (Entrance::new(socket), watched) {
        (Ok(entrance), Ok(watched)) => (Rc::new(entrance), watched),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(worker = worker.index, %error, "a socket for datagrams cannot be watched");
            return;
        }
    };
    let mut door = Door { worker, id, gate, entrance, attachment: None };
    tokio::select! {
        biased;
        _ = &mut stop => {}
        () = door.receive(&watched) => {}
    }
    drop(watched);
    if let Err(error) = door.entrance.close() {
        let worker = door.worker.index;
        tracing::warn!(worker, %error, "a socket for datagrams stays open until its sessions end");
        return;
    }
    // From here on nothing comes: what is left has an end.
    while matches!(door.take(), Ok(MOST)) {}
}

struct Door {
    worker: Rc<Worker>,
    id: ListenerId,
    gate: Arc<Gate>,
    entrance: Rc<Entrance>,
    attachment: Option<Attachment>,
}

impl Door {
    async fn receive(&mut self, watched: &AsyncFd<Watched>) {
        let entrance = Rc::clone(&self.entrance);
        loop {
            let mut ready = tokio::select! {
                Ok(ready) = watched.readable() => ready,
                () = entrance.raised() => {
                    self.try_again();
                    continue;
                }
                else => return,
            };
            match self.take() {
                Ok(MOST) => tokio::task::yield_now().await,
                // There were fewer than there was room for: what comes now is told again.
                Ok(_) => ready.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => {
                    if self.worker.may_complain() {
                        let worker = self.worker.index;
                        tracing::warn!(worker, %error, "no datagram can be received for now");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Looks for other endpoints for what nobody took.
    fn try_again(&mut self) {
        for Again { flow, datagram, past } in self.entrance.to_try_again() {
            let arrived =
                Arrived { bytes: &datagram, from: Some(flow.client), to: flow.local, segment: None };
            with_boxes(|_, outbox| self.pass((flow, past), &mut [arrived], outbox));
        }
    }

    /// Takes what has come, as far as one call goes; how many that were.
    fn take(&mut self) -> io::Result<usize> {
        with_boxes(|inbox, outbox| {
            let socket = Rc::clone(&self.entrance.socket);
            let count = inbox.receive(socket.as_fd(), MOST)?;
            self.deliver(inbox, outbox);
            Ok(count)
        })
    }

    fn deliver(&mut self, inbox: &Inbox, outbox: &mut Outbox) {
        let mut all = inbox.arrived().filter_map(|it| Some((self.entrance.flow(&it)?, it)));
        let Some(first) = all.next() else { return };
        let rest: Vec<(Flow, Arrived<'_>)> = all.collect();
        if rest.is_empty() {
            return self.pass((first.0, Past::default()), &mut [first.1], outbox);
        }
        let (mut flow, mut run) = (first.0, vec![first.1]);
        for (next, arrived) in rest {
            if next != flow {
                self.pass((flow, Past::default()), &mut run, outbox);
                run.clear();
                flow = next;
            }
            run.push(arrived);
        }
        self.pass((flow, Past::default()), &mut run, outbox);
    }

    /// Passes on datagrams that came in a row from one client.
    fn pass(&mut self, (flow, mut past): (Flow, Past), run: &mut [Arrived<'_>], outbox: &mut Outbox) {
        let mut rest = run;
        while let Some(first) = rest.first().map(Arrived::first) {
            let session = match self.known(&flow).map_or_else(|| self.open((flow, first), &past), Ok) {
                Ok(session) => session,
                Err(Unserved::Denied) => {
                    let more = rest[0].skip();
                    rest = &mut rest[usize::from(!more)..];
                    continue;
                }
                Err(Unserved::Failed(..)) => break,
            };
            let sent = session.forward(rest, outbox);
            self.count_lost(sent.lost);
            let Some(from) = sent.refused_from else { return };
            rest = rest.get_mut(from..).unwrap_or_default();
            match session.refused() {
                Some(next) => past = next,
                None => break,
            }
        }
        self.count_lost(rest.iter().map(Arrived::datagrams).sum());
    }

    /// The session of a client, unless that has to look for another endpoint.
    fn known(&self, flow: &Flow) -> Option<Rc<Session>> {
        let session = self.entrance.sessions.borrow_mut().touch(flow).map(Rc::clone)?;
        if session.may_stay() {
            return Some(session);
        }
        session.finish(Some((Failure::ShutDown(Ending::EndpointDown), Phase::Data)));
        None
    }

    fn count_lost(&self, datagrams: u64) {
        if datagrams > 0
            && let Some(attachment) = &self.attachment
        {
            let counters = attachment.frontend().state.counters.shard(self.worker.index);
            counters.bad_requests.add(datagrams);
        }
    }

    /// The newest frontend; where the listener is gone, the last one that it had.
    fn attach(&mut self) -> Option<&Attachment> {
        match &mut self.attachment {
            Some(attachment) => {
                attachment.refresh(&self.worker);
            }
            none => *none = Attachment::new(&self.worker, self.id),
        }
        self.attachment.as_ref()
    }

    fn places(&self, attachment: &Attachment) -> Option<[Place; 3]> {
        let process = self.worker.shared.gate.try_enter()?;
        let frontend = attachment.frontend().state.gate.try_enter()?;
        Some([process, frontend, self.gate.try_enter()?])
    }

    /// Ends the session in which nothing has come for longest, if that is long enough.
    fn make_room(&self) -> bool {
        let oldest = self.entrance.sessions.borrow().oldest().map(|(_, session)| Rc::clone(session));
        let now = self.worker.clock.now();
        let Some(idle) = oldest.filter(|it| now.saturating_duration_since(it.heard()) >= GRACE) else {
            return false;
        };
        idle.finish(Some((Failure::Exhausted, Phase::Data)));
        true
    }

    /// A new session.
    fn open(&mut self, (flow, first): (Flow, &[u8]), past: &Past) -> Result<Rc<Session>, Unserved> {
        let no_room = Unserved::Failed(Failure::Exhausted, Phase::Request);
        let attachment = self.attach().ok_or(no_room)?.clone();
        let is_full = self.entrance.sessions.borrow().len() >= super::MAX_SESSIONS;
        if is_full && !self.make_room() {
            return Err(no_room);
        }
        let mut places = self.places(&attachment);
        if places.is_none() && self.make_room() {
            places = self.places(&attachment);
        }
        let places = places.ok_or(no_room)?;
        let (worker, frontend) = (Rc::clone(&self.worker), attachment.frontend());
        worker.counters().connections.add(1);
        let counters = frontend.state.counters.shard(worker.index);
        counters.connections.add(1);
        let mut exchange = worker.exchanges.take(worker.clock.now(), Peer::Ip(flow.client));
        exchange.frontend = Some(Arc::clone(frontend));
        exchange.generation = attachment.generation();
        exchange.local = Some(Peer::Ip(self.entrance.address_of(&flow)));
        let Past { tried, left, retries } = past.clone();
        (exchange.tried, exchange.left, exchange.retries) = (tried, left, retries);
        self.serve((flow, first), exchange, places).map_err(|(exchange, unserved)| {
            self.unserved(exchange, unserved);
            unserved
        })
    }

    fn serve(
        &self,
        (flow, first): (Flow, &[u8]),
        mut exchange: Box<Exchange>,
        places: [Place; 3],
    ) -> Result<Rc<Session>, (Box<Exchange>, Unserved)> {
        let worker = &self.worker;
        let backend = match choose::route(worker, &mut exchange, first) {
            Ok(backend) => backend,
            Err(unserved) => return Err((exchange, unserved)),
        };
        worker.begin_known(&exchange);
        worker.counters().requests.add(1);
        if let Some(frontend) = &exchange.frontend {
            frontend.state.counters.shard(worker.index).requests.add(1);
        }
        let mut chosen = choose::endpoint(worker, &mut exchange, &backend);
        if matches!(chosen, Err(Unserved::Failed(Failure::Exhausted, _))) && self.make_room() {
            chosen = choose::endpoint(worker, &mut exchange, &backend);
        }
        let (permit, socket) = match chosen {
            Ok(chosen) => chosen,
            Err(unserved) => return Err((exchange, unserved)),
        };
        let now = worker.clock.now();
        (exchange.times.dispatched, exchange.times.connected) = (Some(now), Some(now));
        if exchange.frontend.as_ref().is_some_and(|frontend| frontend.sinks.wants_source) {
            exchange.source = socket.local_addr().ok().map(Peer::Ip);
        }
        let Ok(socket) = watch(Rc::new(socket)) else {
            return Err((exchange, Unserved::Failed(Failure::Exhausted, Phase::Connect)));
        };
        let held = Held { exchange, permit, places };
        let session = Session::new((worker, &self.entrance), flow, socket, held);
        // There is room: that was looked at before.
        let settled = self.entrance.sessions.borrow_mut().insert(flow, Rc::clone(&session));
        if let Ok((ticket, _)) = settled {
            session.settle(ticket);
        }
        worker.spawn(Task::new(Rc::clone(&session)));
        Ok(session)
    }

    /// Counts and logs what came to no session. What rules turn away is counted alone: who sends it may send much.
    fn unserved(&self, mut exchange: Box<Exchange>, unserved: Unserved) {
        let worker = &self.worker;
        match unserved {
            Unserved::Denied => {
                if let Some(frontend) = &exchange.frontend {
                    frontend.state.counters.shard(worker.index).denied.add(1);
                }
                if let Some(backend) = &exchange.backend {
                    backend.state.counters.shard(worker.index).denied.add(1);
                }
            }
            Unserved::Failed(failure, phase) => {
                exchange.termination = failure::outcome(failure, phase).termination;
                worker.finish(&mut exchange);
            }
        }
        worker.exchanges.put(exchange);
    }
}
