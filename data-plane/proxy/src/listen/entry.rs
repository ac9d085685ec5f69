//! What a connection passes between its accept and its protocol, where its listener asks for something.
//!
//! The stages stand in a row, each before the first byte of what follows it: rules over the connection itself, the
//! header that tells whose it is, the handshake of TLS. Behind the last one the connection is its protocol's.

mod greeting;
mod header;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use sluicegate_model::Mode;
use sluicegate_model::listener::{Entry, HttpProtocol};
use sluicegate_rules::{Scratch, matches};

use self::greeting::{Disagreement, Greeting};
use self::header::Unmet;
use super::Incoming;
use crate::counters::CloseCause;
use crate::exchange::Exchange;
use crate::live::LiveEndpoint;
use crate::multiplex::Session;
use crate::sessions::{self, Called};
use crate::tcp::first::First;
use crate::tcp::message::{Connection, Ruling, rule};
use crate::timer::Deadline;
use crate::worker::{Registration, Worker};
use crate::{http, tcp};

/// Time for all of it where none is set for clients.
const LONGEST: Duration = Duration::from_secs(30);

/// The task of a connection that has something to pass first.
pub(super) struct Arriving(State);

enum State {
    Passing(Box<Passing>),
    Serving(Pin<Box<dyn Future<Output = CloseCause>>>),
}

/// A connection on its way.
struct Passing {
    worker: Rc<Worker>,
    entry: Arc<Entry>,
    stage: Stage,
    /// The handshake, once it has begun: the connection itself is with it.
    greeting: Option<Greeting>,
    /// `None`: it has passed.
    incoming: Option<Incoming>,
    /// What rules and logs see of it: its own addresses.
    exchange: Exchange,
    deadline: Deadline,
    registration: Registration,
}

/// What is to be passed next.
#[derive(Clone, Copy)]
enum Stage {
    Rules,
    /// So many bytes of it have been seen.
    Header(usize),
    Tls,
    Protocol,
}

/// What a stage came to.
enum Step {
    Next(Stage),
    End(CloseCause),
}

impl Arriving {
    /// The task of a connection that was just accepted.
    pub(super) fn new(worker: Rc<Worker>, incoming: Incoming, entry: Arc<Entry>) -> Self {
        let frontend = incoming.attachment.frontend();
        let mut exchange = Exchange::new(incoming.accepted, incoming.client);
        exchange.frontend = Some(Arc::clone(frontend));
        exchange.generation = incoming.attachment.generation();
        let mut deadline = Deadline::new();
        let limit = entry.time_limit.or(frontend.settings().timeouts.client).unwrap_or(LONGEST);
        deadline.set(Some(incoming.accepted + limit));
        let registration = worker.registration();
        let (stage, incoming) = (Stage::Rules, Some(incoming));
        let passing =
            Passing { worker, entry, stage, greeting: None, incoming, exchange, deadline, registration };
        Self(State::Passing(Box::new(passing)))
    }
}

impl Future for Arriving {
    type Output = CloseCause;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CloseCause> {
        if let State::Passing(passing) = &mut self.0 {
            match ready!(passing.poll(cx)) {
                Ok(incoming) => self.0 = State::Serving(protocol(&passing.worker, incoming)),
                Err(cause) => return Poll::Ready(cause),
            }
        }
        match &mut self.0 {
            State::Serving(task) => task.as_mut().poll(cx),
            State::Passing(_) => Poll::Pending,
        }
    }
}

/// Gives a connection to the newest frontend of its listener.
fn protocol(worker: &Rc<Worker>, mut incoming: Incoming) -> Pin<Box<dyn Future<Output = CloseCause>>> {
    // With none that is newer it is served by the one that it came to.
    let _standing = incoming.attachment.refresh(worker);
    let negotiated = || incoming.stream.agreed().and_then(|tls| tls.protocol.as_deref()) == Some(b"h2");
    let carries = match incoming.attachment.entry().map(|entry| entry.http) {
        Some(HttpProtocol::Http2) => true,
        Some(HttpProtocol::Http1) => false,
        Some(HttpProtocol::Any | HttpProtocol::Negotiated) | None => negotiated(),
    };
    match incoming.attachment.frontend().settings().mode {
        Mode::Tcp => Box::pin(tcp::serve(Rc::clone(worker), incoming)),
        Mode::Http if carries => Box::pin(Session::new(Rc::clone(worker), incoming, Vec::new())),
        Mode::Http => Box::pin(http::Connection::new(Rc::clone(worker), incoming)),
        // The compiler refuses such a listener.
        Mode::Udp => Box::pin(std::future::ready(CloseCause::FrontendRemoved)),
    }
}

impl Passing {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, CloseCause>> {
        if self.registration.is_called()
            && let Some(ending) = self.registration.hear(cx.waker(), &*self)
        {
            return Poll::Ready(Err(ending.close_cause()));
        }
        loop {
            let step = match self.stage {
                Stage::Rules => self.judge(),
                Stage::Header(seen) => match self.poll_header(seen, cx) {
                    Poll::Ready(step) => step,
                    Poll::Pending if self.deadline.poll_expired(cx).is_pending() => return Poll::Pending,
                    Poll::Pending => self.refuse(&Unmet::TimeOut),
                },
                Stage::Tls => match self.poll_greeting(cx) {
                    Poll::Ready(step) => step,
                    Poll::Pending if self.deadline.poll_expired(cx).is_pending() => return Poll::Pending,
                    Poll::Pending => self.not_agreed(&Disagreement::TimeOut),
                },
                Stage::Protocol => match self.incoming.take() {
                    Some(incoming) => return Poll::Ready(Ok(incoming)),
                    None => Step::End(CloseCause::Finished),
                },
            };
            match step {
                Step::Next(stage) => self.stage = stage,
                Step::End(cause) => return Poll::Ready(Err(cause)),
            }
        }
    }

    /// Whether rules let it in, and whether it begins with a header.
    fn judge(&mut self) -> Step {
        let worker = &*self.worker;
        let Some(incoming) = &self.incoming else { return Step::End(CloseCause::Finished) };
        let frontend = incoming.attachment.frontend();
        let when = self.entry.proxy_header.as_ref().map(|header| &header.when);
        let looks = !self.entry.rules.is_empty() || when.is_some_and(Option::is_some);
        if looks {
            self.exchange.learn_local(&incoming.stream);
        }
        let mut wishes = self.exchange.wishes;
        let (exchange, first) = (&self.exchange, First::default());
        let connection = Connection { worker, exchange, frontend: frontend.name(), first };
        let mut scratch = Scratch::default();
        if rule(&self.entry.rules, &connection, &mut scratch, &mut wishes) == Ruling::Refused {
            frontend.state.counters.shard(worker.index).denied.add(1);
            return Step::End(CloseCause::Rule);
        }
        let expected = match when {
            None => false,
            Some(None) => true,
            Some(Some(when)) => matches(when, &connection, &mut scratch),
        };
        Step::Next(if expected { Stage::Header(0) } else { Stage::Tls })
    }
}

impl Called for Passing {
    fn tell(&self, detailed: bool) -> Option<sessions::Facts> {
        let incoming = self.incoming.as_ref()?;
        let (client, frontend) = (incoming.client, incoming.attachment.frontend());
        let times = (incoming.accepted, self.deadline.at());
        let local = detailed.then(|| incoming.stream.destination()).flatten();
        Some(sessions::Facts { local, ..sessions::Facts::idle(&self.worker.clock, client, frontend, times) })
    }

    fn endpoint(&self) -> Option<&Arc<LiveEndpoint>> {
        None
    }
}
