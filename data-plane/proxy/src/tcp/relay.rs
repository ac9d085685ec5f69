//! Bytes in both directions, each ended on its own.

use std::task::{Context, Poll};
use std::time::Duration;

use sluicegate_model::Timeouts;
use tokio::time::Instant;

use crate::buffers::Buffers;
use crate::failure::Failure;
use crate::stream::Stream;

/// One direction. Owns a buffer only while bytes wait to be written.
#[derive(Debug, Default)]
struct Pipe {
    buffer: Option<Box<[u8]>>,
    start: usize,
    end: usize,
    /// The source has sent its end.
    ended: bool,
    /// The end was passed on.
    shut: bool,
    bytes: u64,
}

/// Which end of a pipe broke.
enum Broken {
    Source,
    Sink,
}

impl Pipe {
    /// Moves what can be moved now; true where anything did.
    fn pump(
        &mut self,
        source: &mut Stream,
        sink: &mut Stream,
        buffers: &Buffers,
        cx: &mut Context<'_>,
    ) -> Result<bool, Broken> {
        let mut moved = false;
        loop {
            if let Some(buffer) = self.buffer.take() {
                match sink.poll_write(cx, &buffer[self.start..self.end]) {
                    Poll::Pending => {
                        self.buffer = Some(buffer);
                        return Ok(moved);
                    }
                    Poll::Ready(Ok(0) | Err(_)) => {
                        buffers.put(buffer);
                        return Err(Broken::Sink);
                    }
                    Poll::Ready(Ok(written)) => {
                        moved = true;
                        self.bytes += written as u64;
                        self.start += written;
                        if self.start < self.end { self.buffer = Some(buffer) } else { buffers.put(buffer) }
                    }
                }
            } else if self.ended {
                if !self.shut {
                    // A sink that is gone already has all that it will get.
                    self.shut = sink.poll_shutdown(cx).is_ready();
                    moved |= self.shut;
                }
                return Ok(moved);
            } else {
                let mut buffer = buffers.large();
                let read = source.poll_read(cx, &mut buffer);
                match read {
                    Poll::Ready(Ok(length)) if length > 0 => {
                        (self.start, self.end) = (0, length);
                        self.buffer = Some(buffer);
                        continue;
                    }
                    Poll::Ready(Ok(_)) => self.ended = true,
                    Poll::Ready(Err(_)) => {
                        buffers.put(buffer);
                        return Err(Broken::Source);
                    }
                    Poll::Pending => {
                        buffers.put(buffer);
                        return Ok(moved);
                    }
                }
                buffers.put(buffer);
            }
        }
    }
}

/// Both directions, and the silence that is allowed on each side.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) server: Stream,
    up: Pipe,
    down: Pipe,
    client_moved: Instant,
    server_moved: Instant,
    limits: Limits,
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
    pub(super) fn new(server: Stream, limits: Limits, now: Instant) -> Self {
        Self {
            server,
            up: Pipe::default(),
            down: Pipe::default(),
            client_moved: now,
            server_moved: now,
            limits,
        }
    }

    /// Ready when both directions came to their end.
    pub(super) fn poll(
        &mut self,
        client: &mut Stream,
        buffers: &Buffers,
        now: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        let up = match self.up.pump(client, &mut self.server, buffers, cx) {
            Ok(moved) => moved,
            Err(Broken::Source) => return Poll::Ready(Err(Failure::ClientClosed)),
            Err(Broken::Sink) => return Poll::Ready(Err(Failure::ServerClosed)),
        };
        let down = match self.down.pump(&mut self.server, client, buffers, cx) {
            Ok(moved) => moved,
            Err(Broken::Source) => return Poll::Ready(Err(Failure::ServerClosed)),
            Err(Broken::Sink) => return Poll::Ready(Err(Failure::ClientClosed)),
        };
        if up || down {
            (self.client_moved, self.server_moved) = (now, now);
        }
        if self.up.shut && self.down.shut { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// When silence has lasted too long, and on whose side.
    pub(super) fn limit(&self) -> Option<(Instant, Failure)> {
        let half_closed = self.up.ended || self.down.ended;
        let fin = |fin: Option<Duration>, usual| if half_closed { fin.or(usual) } else { usual };
        let client = fin(self.limits.client_fin, self.limits.client);
        let server = fin(self.limits.server_fin, self.limits.server);
        let client = client.map(|limit| (self.client_moved + limit, Failure::ClientTimeout));
        let server = server.map(|limit| (self.server_moved + limit, Failure::ServerTimeout));
        [client, server].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Bytes from the client, and to it.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.up.bytes, self.down.bytes)
    }

    /// Gives the buffers back.
    pub(super) fn close(&mut self, buffers: &Buffers) {
        for pipe in [&mut self.up, &mut self.down] {
            if let Some(buffer) = pipe.buffer.take() {
                buffers.put(buffer);
            }
        }
    }
}
