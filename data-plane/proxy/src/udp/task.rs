//! The task of one session: answers, time, and what an operator asks.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use nix::sys::socket::{setsockopt, sockopt};
use tokio::time::Instant;

use super::entrance::with_boxes;
use super::inbox::Arrived;
use super::session::Session;
use crate::counters::CloseCause;
use crate::failure::Failure;
use crate::live::LiveEndpoint;
use crate::sessions::{self, Called};
use crate::stream::Peer;
use crate::termination::Phase;
use crate::timer::Deadline;
use crate::worker::Registration;

/// Answers that one call takes: more than one are rare.
const MOST: usize = 8;

pub(super) struct Task {
    session: Rc<Session>,
    endpoint: Option<Arc<LiveEndpoint>>,
    deadline: Deadline,
    registration: Registration,
    /// When the process began to stop.
    stopping: Option<Instant>,
    /// The kernel may hand over answers together.
    is_trained: Cell<bool>,
    /// The network has said once that something did not arrive.
    has_failed: bool,
}

fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

impl Task {
    pub(super) fn new(session: Rc<Session>) -> Self {
        let registration = session.worker.registration();
        let endpoint = session.endpoint();
        Self {
            session,
            endpoint,
            deadline: Deadline::new(),
            registration,
            stopping: None,
            is_trained: Cell::new(false),
            has_failed: false,
        }
    }

    /// Passes on what there is; comes back when there is no more.
    fn answers(&mut self, cx: &mut Context<'_>) {
        // An error alone shows as a side that is closed, for good: later ones show when something is sent.
        if !self.has_failed && self.session.socket.poll_write_ready(cx).is_ready() {
            self.has_failed = true;
            let _ = self.receive();
        }
        while !self.session.is_over()
            && let Poll::Ready(ready) = self.session.socket.poll_read_ready(cx)
        {
            let Ok(mut guard) = ready else {
                return self.session.finish(Some((Failure::Internal, Phase::Data)));
            };
            match self.receive() {
                Ok(MOST) => {}
                // There were fewer than there was room for: what comes now is told again.
                Ok(_) => guard.clear_ready(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => guard.clear_ready(),
                // What the network says of one datagram is over with it; the next call tells what there is.
                Err(_) => {}
            }
        }
    }

    /// Passes on as much as one call takes; how many that were.
    fn receive(&self) -> io::Result<usize> {
        let received = with_boxes(|inbox, outbox| {
            let count = inbox.receive(self.session.socket.get_ref().0.as_fd(), MOST)?;
            if count > 1 && !self.is_trained.replace(true) {
                // An endpoint that sends much at a time; without it datagrams come one by one.
                let _ = setsockopt(&*self.session.socket.get_ref().0, sockopt::UdpGroSegment, &true);
            }
            let mut arrived = inbox.arrived();
            match (count, arrived.next()) {
                (1, Some(only)) => self.session.answer(&[only], outbox),
                (_, first) => {
                    let run: Vec<Arrived<'_>> = first.into_iter().chain(arrived).collect();
                    self.session.answer(&run, outbox);
                }
            }
            Ok(count)
        });
        if matches!(&received, Err(error) if is_refusal(error)) {
            self.session.refused_late();
        }
        received
    }

    /// What time has come to; when to look again.
    fn look_at_the_clock(&mut self, now: Instant) -> Instant {
        if self.session.worker.is_stopping() {
            let since = *self.stopping.get_or_insert(now);
            let until = since + self.session.patience();
            if self.session.asked().is_none() || now >= until {
                self.session.stop();
            }
            return until;
        }
        let (until, failure) = self.session.end();
        if now >= until {
            self.session.finish(failure.map(|failure| (failure, Phase::Data)));
        }
        self.session.next_look(now)
    }
}

impl Future for Task {
    type Output = CloseCause;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseCause> {
        let this = &mut *self;
        if this.registration.is_called()
            && let Some(ending) = this.registration.hear(cx.waker(), &*this)
        {
            this.session.finish(Some((Failure::ShutDown(ending), Phase::Done)));
        }
        loop {
            if this.session.is_over() {
                return Poll::Ready(this.session.cause());
            }
            this.session.waker.borrow_mut().get_or_insert_with(|| cx.waker().clone());
            this.answers(cx);
            let until = this.look_at_the_clock(this.session.worker.clock.now());
            this.deadline.set(Some(until));
            if !this.session.is_over() && this.deadline.poll_expired(cx).is_pending() {
                return Poll::Pending;
            }
            this.session.worker.clock.refresh();
        }
    }
}

/// A hard stop drops tasks: a session does not end unseen. After a panic its state is not to be trusted.
impl Drop for Task {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.session.forget();
        } else {
            self.session.finish(Some((Failure::Killed, Phase::Data)));
        }
    }
}

impl Called for Task {
    fn tell(&self, detailed: bool) -> Option<sessions::Facts> {
        let session = &self.session;
        let now = session.worker.clock.now();
        let (bytes_in, bytes_out) = session.bytes();
        session.look(|held| {
            let exchange = &held.exchange;
            let accepted = exchange.times.accepted;
            let endpoint = held.permit.endpoint();
            let source = || session.socket.get_ref().0.local_addr().ok().map(Peer::Ip);
            Some(sessions::Facts {
                client: exchange.client,
                frontend: exchange.frontend.clone()?,
                backend: exchange.backend.clone(),
                accepted: session.worker.clock.unix(accepted),
                age: now.saturating_duration_since(accepted),
                exchanges: 1,
                state: sessions::State::Data,
                expires: Some(session.end().0.saturating_duration_since(now)),
                retries: exchange.retries,
                bytes_in,
                bytes_out,
                status: None,
                request: None,
                local: exchange.local.filter(|_| detailed),
                endpoint_source: detailed.then(source).flatten(),
                endpoint_address: endpoint.address_for(exchange.local).filter(|_| detailed),
                endpoint: Some(Arc::clone(endpoint)),
            })
        })?
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        self.endpoint.as_ref().filter(|_| !self.session.is_over())
    }
}
