//! Exchanges over connections that carry many (HTTP/2).

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use sluicegate_model::backend::Reuse;
use tokio::time::Instant;

use super::reuse::reuse;
use super::run::{Run, Step};
use crate::failure::Failure;
use crate::multiplex::{Driver, Trunk};
use crate::proxy_protocol::announce;
use crate::stream::{Stream, Target};
use crate::transfer::Transfer;
use crate::upstream::{ConnectError, Connecting};

/// A connection on its way.
pub(super) struct Opening(Pin<Box<dyn Future<Output = Opened>>>);

type Opened = Result<(Trunk, Driver), ConnectError>;

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening")
    }
}

/// Connects, and says who the client is where that is asked for.
async fn begin(mut connecting: Connecting, header: Vec<u8>, (upgrade, now): (bool, Instant)) -> Opened {
    let mut stream = poll_fn(|cx| connecting.poll(cx)).await?;
    if !header.is_empty() {
        let mut sending = Transfer::default();
        sending.queue(|out| out.extend_from_slice(&header));
        poll_fn(|cx| sending.poll_flush(cx, &mut stream)).await.map_err(|_| refused())?;
    }
    Trunk::begin(stream, upgrade, now).await.map_err(ConnectError::Refused)
}

fn refused() -> ConnectError {
    ConnectError::Refused(std::io::ErrorKind::ConnectionReset.into())
}

impl Run<'_, '_> {
    /// A stream of a connection that is there, where the exchange may have one.
    pub(super) fn take_lane(&mut self) -> bool {
        let turn = &mut *self.turn;
        let (Some(endpoint), Some(backend)) = (&turn.exchange.endpoint, &turn.exchange.backend) else {
            return false;
        };
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
        let Some(key) = turn.facts.transport else { return false };
        let Some(lane) = self.worker.trunks.lane(key, self.now, will_do) else { return false };
        endpoint.state.counters.shard(self.worker.index).reuses.add(1);
        (turn.facts.uses, turn.facts.rested) = (1, true);
        turn.exchange.carried.endpoint = true;
        turn.server = Some(Stream::Lane(Box::new(lane)));
        true
    }

    /// Begins to connect to an endpoint that is spoken to in HTTP/2.
    pub(super) fn open(&mut self, target: &Target) -> Step {
        let Some(endpoint) = self.endpoint().cloned() else { return self.fail(Failure::Internal) };
        let connecting = match self.worker.reach(target, &self.turn.exchange, self.client, false) {
            Ok(connecting) => connecting,
            Err(error) => return self.not_reached(&error),
        };
        let mut header = Vec::new();
        // Over TLS it goes before that.
        if let Some(kind) = endpoint.proxy_header().filter(|_| endpoint.tls().is_none()) {
            announce(kind, &self.turn.exchange, self.client, &mut header);
        }
        self.turn.opening =
            Some(Opening(Box::pin(begin(connecting, header, (self.turn.asked.upgrade, self.now)))));
        self.wait_for_connection()
    }

    /// Waits for it, and takes its first stream.
    pub(super) fn opened(&mut self) -> Step {
        let Some(Opening(opening)) = &mut self.turn.opening else { return self.fail(Failure::Internal) };
        let (mut trunk, driver) = match opening.as_mut().poll(self.cx) {
            Poll::Pending => return self.watch_client().unwrap_or(Step::Wait),
            Poll::Ready(Err(error)) => return self.not_reached(&error),
            Poll::Ready(Ok(opened)) => opened,
        };
        self.turn.opening = None;
        let lane = trunk.lane(self.now);
        tokio::task::spawn_local(driver);
        let Some(lane) = lane else { return self.connect_failed(Failure::ConnectRefused) };
        self.turn.server = Some(Stream::Lane(Box::new(lane)));
        self.turn.exchange.carried.endpoint = true;
        self.turn.facts.uses = 1;
        let turn = &*self.turn;
        if let (Some(endpoint), Some(backend)) = (&turn.exchange.endpoint, &turn.exchange.backend)
            && let Some(key) = turn.facts.transport
            && reuse(endpoint, backend) != Reuse::Never
            && turn.facts.keep_server
        {
            self.worker.trunks.keep(key, trunk);
        }
        self.send()
    }
}
