//! Where a new session goes: rules, a route, an endpoint, and a socket that is connected to it.

use std::cell::RefCell;
use std::net::UdpSocket;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use sluicegate_model::backend::Balance;
use sluicegate_model::outgoing::Outgoing;
use sluicegate_model::rule::Rule;
use sluicegate_rules::Scratch;

use super::upstream::open;
use crate::balance::hash_of;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::live::{LiveBackend, NoPermit, Permit, Sign, Ticket};
use crate::persistence::Belonging;
use crate::tcp::first::First;
use crate::tcp::message::{Connection, Ruling, rule};
use crate::termination::Phase;
use crate::upstream::{ConnectError, NoForeign};
use crate::worker::Worker;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Why there is no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unserved {
    /// A rule turns it away.
    Denied,
    /// As with a connection.
    Failed(Failure, Phase),
}

/// Finds the backend that a session belongs to, whose first datagram is this.
pub(super) fn route(
    worker: &Worker,
    exchange: &mut Exchange,
    datagram: &[u8],
) -> Result<Arc<LiveBackend>, Unserved> {
    let first = First::whole(datagram);
    let nobody = Unserved::Failed(Failure::NoEndpoint, Phase::Connect);
    let frontend = exchange.frontend.clone().ok_or(nobody)?;
    let name = frontend.name();
    obey(&frontend.settings().request_rules, (worker, name, first), exchange)?;
    let connection = Connection { worker, exchange, frontend: name, first };
    let backend = SCRATCH.with_borrow_mut(|scratch| frontend.route(&connection, scratch).cloned());
    let backend = backend.ok_or(nobody)?;
    exchange.backend = Some(Arc::clone(&backend));
    obey(&backend.settings().request_rules, (worker, name, first), exchange)?;
    let connection = Connection { worker, exchange, frontend: name, first };
    let settings = backend.settings();
    let (belonging, hash) = SCRATCH.with_borrow_mut(|scratch| {
        let kept = settings.persistence.as_deref();
        let belonging = kept.map(|kept| Belonging::of(kept, &backend, &connection, scratch));
        let hash = match &settings.balance {
            Balance::Hash(hash) => hash_of(hash, &connection, scratch),
            _ => None,
        };
        (belonging.unwrap_or_default(), hash)
    });
    (exchange.belonging, exchange.hash) = (belonging, hash);
    Ok(backend)
}

fn obey(
    rules: &[Rule],
    (worker, frontend, first): (&Worker, &str, First<'_>),
    exchange: &mut Exchange,
) -> Result<(), Unserved> {
    if rules.is_empty() {
        return Ok(());
    }
    let mut wishes = exchange.wishes;
    let connection = Connection { worker, exchange, frontend, first };
    let ruling = SCRATCH.with_borrow_mut(|scratch| rule(rules, &connection, scratch, &mut wishes));
    exchange.wishes = wishes;
    if ruling == Ruling::Refused { Err(Unserved::Denied) } else { Ok(()) }
}

/// Takes a place at an endpoint that is not among those that were tried, as far as there is one, and connects to it.
pub(super) fn endpoint(
    worker: &Worker,
    exchange: &mut Exchange,
    backend: &Arc<LiveBackend>,
) -> Result<(Permit, UdpSocket), Unserved> {
    let most = backend.settings().retries;
    loop {
        let permit = place(exchange, backend)?;
        let endpoint = Arc::clone(permit.endpoint());
        if let Some(left) = exchange.left.take() {
            worker.count_retry(exchange, &left, &endpoint);
        }
        let counters = endpoint.state.counters.shard(worker.index);
        counters.exchanges.add(1);
        counters.connects.add(1);
        exchange.endpoint = Some(Arc::clone(&endpoint));
        let opened = match exchange.target() {
            Some(_) if endpoint.outgoing().is_some_and(Outgoing::hangs_on_exchange) => {
                Err(NoForeign::Unknown.into())
            }
            Some(target) => open(&target, endpoint.outgoing()),
            None => Err(ConnectError::Refused(std::io::ErrorKind::AddrNotAvailable.into())),
        };
        let error = match opened {
            Ok(socket) => return Ok((permit, socket)),
            Err(error) => error,
        };
        backend.unreached(&endpoint.state);
        exchange.observe(Sign::Unconnected);
        let exhausted = matches!(error, ConnectError::Exhausted(_));
        if exhausted || exchange.retries >= most {
            worker.count_unconnected(backend, Some(&endpoint));
            return Err(Unserved::Failed(error.failure(), Phase::Connect));
        }
        exchange.retries += 1;
        exchange.tried.add(&endpoint.state);
        exchange.left = Some(endpoint);
        exchange.belonging.let_go();
    }
}

/// Nobody waits: a place that is not there now is not there.
fn place(exchange: &Exchange, backend: &Arc<LiveBackend>) -> Result<Permit, Unserved> {
    let mut ticket = if exchange.tried.is_empty() {
        exchange.belonging.ticket(exchange.hash)
    } else {
        Ticket::after(&exchange.tried).by(exchange.hash)
    };
    match backend.poll_acquire(&mut ticket, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(permit)) => Ok(permit),
        Poll::Ready(Err(NoPermit::NoEndpoint)) => Err(Unserved::Failed(Failure::NoEndpoint, Phase::Connect)),
        Poll::Ready(Err(NoPermit::QueueFull)) | Poll::Pending => {
            Err(Unserved::Failed(Failure::QueueFull, Phase::Queue))
        }
    }
}
