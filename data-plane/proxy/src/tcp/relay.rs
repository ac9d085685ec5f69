//! Bytes in both directions, each ended on its own.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use sluicegate_model::Timeouts;
use tokio::time::Instant;

use super::session::Hearing;
use crate::failure::Failure;
use crate::h1::Framing;
use crate::stream::Stream;
use crate::transfer::{Coding, Scratch, Transfer, outcome};

/// Both directions, and the silence that is allowed on each side.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) server: Stream,
    up: Transfer,
    down: Transfer,
    client_moved: Instant,
    server_moved: Instant,
    limits: Limits,
    /// Bytes to the server that are not the client's.
    header_bytes: u64,
    hearing: Option<Box<Hearing>>,
    /// The client gets what the server has said, and no more: what the session comes to then.
    last: Option<Result<(), Failure>>,
}

/// Limits of silence (HAProxy: timeout client, server, client-fin, server-fin, tunnel).
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    client: Option<Duration>,
    client_fin: Option<Duration>,
    server: Option<Duration>,
    server_fin: Option<Duration>,
}

impl Limits {
    /// In TCP mode a connection that stands is a tunnel: its limit, where there is one, takes the place of both others.
    pub(super) fn new(frontend: &Timeouts, backend: &Timeouts) -> Self {
        let tunnel = backend.tunnel;
        Self {
            client: tunnel.or(frontend.client),
            client_fin: frontend.client_fin,
            server: tunnel.or(backend.server),
            server_fin: backend.server_fin,
        }
    }
}

impl Relay {
    /// `header`: what the server is told first. `early`: what the client has said already.
    pub(super) fn new(server: Stream, (header, early): (&[u8], &[u8]), limits: Limits, now: Instant) -> Self {
        let [mut up, down] = [(); 2].map(|()| {
            let mut transfer = Transfer::default();
            transfer.begin(Framing::Tunnel, Coding::AsIs);
            transfer
        });
        if !header.is_empty() || !early.is_empty() {
            // A tunnel has no form that bytes could violate.
            let _whole = up.accept(early);
            up.queue(|out| {
                out.extend_from_slice(header);
                out.extend_from_slice(early);
            });
        }
        let header_bytes = header.len() as u64;
        Self {
            server,
            up,
            down,
            client_moved: now,
            server_moved: now,
            limits,
            header_bytes,
            hearing: None,
            last: None,
        }
    }

    /// What the server says first is looked at before the client gets it.
    pub(super) fn hear(&mut self) {
        self.hearing = Some(Box::default());
    }

    /// What was heard of the server, while that is not judged.
    pub(super) fn hearing(&mut self) -> &mut Option<Box<Hearing>> {
        &mut self.hearing
    }

    /// Whether what the server says first is not judged.
    pub(super) fn is_hearing(&self) -> bool {
        self.hearing.is_some()
    }

    /// The client gets what was heard, and all that follows.
    pub(super) fn let_through(&mut self, heard: &Hearing) {
        // A tunnel has no form that bytes could violate.
        let _whole = self.down.accept(heard.bytes());
        self.down.queue(|out| out.extend_from_slice(heard.bytes()));
    }

    /// The client gets what was heard, and the server is gone.
    pub(super) fn leave_server(&mut self, heard: &Hearing) {
        self.let_through(heard);
        self.server.reset_on_close();
        self.server = Stream::gone();
        self.last = Some(Ok(()));
    }

    /// The client gets what was heard, and then the session fails.
    pub(super) fn fail_behind(&mut self, heard: &Hearing, failure: Failure) {
        self.let_through(heard);
        self.last = Some(Err(failure));
    }

    /// Ready when both directions came to their end.
    pub(super) fn poll(
        &mut self,
        client: &mut Stream,
        scratch: &mut Scratch,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if let Some(last) = self.last {
            let flushed = ready!(self.down.poll_flush(cx, client));
            return Poll::Ready(flushed.map_err(|_| Failure::ClientClosed).and(last));
        }
        let before = self.progress();
        let to_server = self.up.poll_tunnel(cx, (client, &mut self.server), scratch);
        let to_client = match self.hearing {
            Some(_) => Poll::Pending,
            None => self.down.poll_tunnel(cx, (&mut self.server, client), scratch),
        };
        if self.progress() != before {
            (self.client_moved, self.server_moved) = (now, now);
        }
        outcome(to_server, to_client)
    }

    /// Grows with every byte that moves, and with each end.
    fn progress(&self) -> (u64, u64) {
        let of = |transfer: &Transfer| {
            transfer.received() + transfer.written() + u64::from(transfer.is_received())
        };
        let heard = self.hearing.as_ref().map_or(0, |hearing| hearing.bytes().len() as u64);
        (of(&self.up), of(&self.down) + heard)
    }

    /// When silence has lasted too long, and on whose side.
    pub(super) fn limit(&self) -> Option<(Instant, Failure)> {
        let half_closed = self.up.is_received() || self.down.is_received();
        let fin = |fin: Option<Duration>, usual| if half_closed { fin.or(usual) } else { usual };
        let client = fin(self.limits.client_fin, self.limits.client);
        let server = fin(self.limits.server_fin, self.limits.server);
        let client = client.map(|limit| (self.client_moved + limit, Failure::ClientTimeout));
        let server = server.map(|limit| (self.server_moved + limit, Failure::ServerTimeout));
        [client, server].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Bytes from the client, and to it.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.up.written().saturating_sub(self.header_bytes), self.down.written())
    }
}
