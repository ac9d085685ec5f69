//! Bytes in both directions, each ended on its own.

use std::task::{Context, Poll};
use std::time::Duration;

use sluicegate_model::Timeouts;
use tokio::time::Instant;

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
        Self { server, up, down, client_moved: now, server_moved: now, limits, header_bytes }
    }

    /// Ready when both directions came to their end.
    pub(super) fn poll(
        &mut self,
        client: &mut Stream,
        scratch: &mut Scratch,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        let before = self.progress();
        let to_server = self.up.poll_tunnel(cx, (client, &mut self.server), scratch);
        let to_client = self.down.poll_tunnel(cx, (&mut self.server, client), scratch);
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
        (of(&self.up), of(&self.down))
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
