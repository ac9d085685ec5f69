//! Exchanges over connections that carry many (HTTP/2).

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;

use sluicegate_model::backend::Reuse;
use sluicegate_model::outgoing::OutgoingHttp;

use super::reuse::reuse;
use super::run::{Run, Step};
use crate::failure::Failure;
use crate::multiplex::{Driver, Ledger, Terms, Trunk};
use crate::proxy_protocol::announce;
use crate::stream::{Stream, Target};
use crate::transfer::Transfer;
use crate::upstream::{ConnectError, Connecting};

/// A connection on its way.
pub(super) struct Opening(Pin<Box<dyn Future<Output = Result<Opened, ConnectError>>>>);

/// What it came to.
enum Opened {
    Trunk(Trunk, Driver),
    /// The endpoint speaks HTTP/1.
    Plain(Stream),
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening")
    }
}

/// What is asked of a connection.
struct Wish {
    /// Goes in clear before anything else.
    header: Vec<u8>,
    http: OutgoingHttp,
    terms: Terms,
}

async fn begin(mut connecting: Connecting, wish: Wish) -> Result<Opened, ConnectError> {
    let mut stream = poll_fn(|cx| connecting.poll(cx)).await?;
    let chose = stream.agreed().and_then(|tls| tls.protocol.as_deref());
    if wish.http == OutgoingHttp::Negotiated && chose != Some(b"h2") {
        return Ok(Opened::Plain(stream));
    }
    if !wish.header.is_empty() {
        let mut sending = Transfer::default();
        sending.queue(|out| out.extend_from_slice(&wish.header));
        let reset = |_| ConnectError::Refused(io::ErrorKind::ConnectionReset.into());
        poll_fn(|cx| sending.poll_flush(cx, &mut stream)).await.map_err(reset)?;
    }
    let begun = Trunk::begin(stream, wish.terms).await;
    begun.map(|(trunk, driver)| Opened::Trunk(trunk, driver)).map_err(ConnectError::Refused)
}

impl Run<'_, '_> {
    /// Takes a stream of a connection that is there, where the exchange may have one.
    #[inline(never)] // what goes over a connection of its own passes by
    pub(super) fn take_lane(&mut self) -> bool {
        let turn = &mut *self.turn;
        let (Some(endpoint), Some(backend)) = (&turn.exchange.endpoint, &turn.exchange.backend) else {
            return false;
        };
        let Some(key) = turn.transport else { return false };
        let first = turn.exchange.number == 0;
        let (any, proven) = match reuse(endpoint, backend) {
            Reuse::Never => return false,
            Reuse::Safe => (!first, false),
            Reuse::Aggressive => (!first, true),
            Reuse::Always => (true, true),
        };
        let pool = endpoint.reserve().pool();
        let will_do = |trunk: &Trunk| {
            let fit = !turn.asked.upgrade || trunk.extends();
            fit && pool.lets_serve(trunk.served()) && (any || (proven && trunk.served() > 1))
        };
        let Some(lane) = self.worker.trunks.lane(key, will_do) else { return false };
        endpoint.state.counters.shard(self.worker.index).reuses.add(1);
        (turn.facts.uses, turn.facts.rested) = (1, true);
        turn.exchange.carried.endpoint = true;
        turn.server = Some(Stream::Lane(Box::new(lane)));
        true
    }

    /// Begins to connect to an endpoint that may be spoken to in HTTP/2.
    #[inline(never)] // what goes over a connection of its own passes by
    pub(super) fn open(&mut self, target: &Target) -> Step {
        let Some(endpoint) = self.endpoint().cloned() else { return self.fail(Failure::Internal) };
        let connecting = match self.worker.reach(target, &self.turn.exchange, self.client, false) {
            Ok(connecting) => connecting,
            Err(error) => return self.not_reached(&error),
        };
        let mut header = Vec::new();
        // Over TLS it goes first.
        if endpoint.tls().is_none() {
            announce(&endpoint, (self.worker, &self.turn.exchange, self.client), &mut header);
        }
        let Some(backend) = &self.turn.exchange.backend else { return self.fail(Failure::Internal) };
        let terms = Terms {
            side: self.worker.with_active(|active| active.runtime.process.http2.servers),
            // Its first exchange is to carry another protocol.
            acquainted: self.turn.asked.upgrade,
            ledger: Some(Ledger::of_server(&backend.state, self.worker.index)),
        };
        let wish = Wish { header, http: self.turn.exchange.version(), terms };
        self.turn.opening = Some(Opening(Box::pin(begin(connecting, wish))));
        self.wait_for_connection()
    }

    /// Waits for it, and takes its first stream.
    #[inline(never)] // what goes over a connection of its own passes by
    pub(super) fn opened(&mut self) -> Step {
        let Some(Opening(opening)) = &mut self.turn.opening else { return self.fail(Failure::Internal) };
        let opened = match opening.as_mut().poll(self.cx) {
            Poll::Pending => return self.watch_client().unwrap_or(Step::Wait),
            Poll::Ready(Err(error)) => return self.not_reached(&error),
            Poll::Ready(Ok(opened)) => opened,
        };
        self.turn.opening = None;
        let stream = match opened {
            Opened::Plain(stream) => stream,
            Opened::Trunk(trunk, driver) => match self.first_lane(trunk, driver) {
                Some(lane) => lane,
                None => return self.connect_failed(Failure::ConnectRefused),
            },
        };
        self.worker.note_reached(&self.turn.exchange, &stream);
        self.turn.server = Some(stream);
        self.send()
    }

    /// The exchange of a stream came to its end: its connection is kept for all anyway.
    #[inline(never)] // what goes over a connection of its own passes by
    pub(super) fn let_go(&self, stream: Stream) {
        drop(stream);
        if let Some(key) = self.turn.transport {
            self.worker.trunks.settle(key);
        }
    }

    /// The first stream of a new connection, which is kept for others where that may be.
    fn first_lane(&mut self, mut trunk: Trunk, driver: Driver) -> Option<Stream> {
        let lane = trunk.lane();
        tokio::task::spawn_local(driver);
        let turn = &mut *self.turn;
        turn.exchange.carried.endpoint = true;
        turn.facts.uses = 1;
        if let (Some(endpoint), Some(backend)) = (&turn.exchange.endpoint, &turn.exchange.backend)
            && reuse(endpoint, backend) != Reuse::Never
            && turn.facts.keep_server
            && let Some(key) = turn.transport
        {
            self.worker.trunks.keep(key, trunk, (endpoint.reserve(), self.now));
        }
        Some(Stream::Lane(Box::new(lane?)))
    }
}
