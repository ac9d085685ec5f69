//! A stream that a client has opened.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::Request;
use sluicegate_rules::Tls;

use super::count::{Count, Counted};
use super::heading::Heading;
use super::inflow::Inflow;
use super::outflow::Outflow;
use super::request::{self, Asked};
use super::{broken, response};
use crate::h1::{Framing, Kind};
use crate::stream::{Peer, Stream};

/// The client's side of one exchange.
#[derive(Debug)]
pub(crate) struct Answering {
    inflow: Inflow,
    asked: Asked,
    respond: SendResponse<Bytes>,
    heading: Heading,
    /// Of the answer, once its head is on its way.
    outflow: Option<Outflow>,
    way: Way,
    counted: Counted,
}

/// What its connection is like.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) local: Option<Peer>,
}

impl Way {
    pub(super) fn of(stream: &Stream) -> Self {
        Self { tls: stream.agreed().cloned(), local: stream.destination() }
    }

    /// Of addresses that are asked for over it.
    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}

impl Answering {
    pub(super) fn new(
        request: Request<RecvStream>,
        respond: SendResponse<Bytes>,
        (way, count): (Way, &Arc<Count>),
        nonce: impl FnOnce() -> u128,
    ) -> Self {
        let (parts, body) = request.into_parts();
        let (mut inflow, mut asked) = (Inflow::default(), Asked::default());
        let ended = body.is_end_stream();
        inflow.begin(|out| asked = request::write_head(&parts, ended, nonce, out));
        if !ended {
            inflow.follow(body, !asked.is_tunnel() && request::is_chunked(&parts.headers));
        }
        Self {
            inflow,
            asked,
            respond,
            heading: Heading::default(),
            outflow: None,
            way,
            counted: Counted::new(count),
        }
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// See [`crate::stream::Stream::poll_read`]. The request ends, for who reads it, when it has its answer: a client
    /// that says no more than its request waits for that.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.inflow.poll_read(cx, buffer) {
            Poll::Ready(Ok(0)) if !buffer.is_empty() && !self.asked.is_tunnel() => self.poll_gone(cx),
            Poll::Ready(Err(error)) => {
                self.counted.given_up = true;
                Poll::Ready(Err(error))
            }
            read => read,
        }
    }

    /// See [`crate::stream::Stream::poll_quiet`].
    pub(super) fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.inflow.poll_some(cx) {
            Poll::Ready(Ok(false)) if !self.asked.is_tunnel() => self.poll_gone(cx).map_ok(|_| ()),
            Poll::Ready(Err(_)) => {
                self.counted.given_up = true;
                Poll::Ready(Ok(()))
            }
            some => some.map_ok(|_| ()),
        }
    }

    /// Waits until the client gives its request up; 0: it has its answer.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.counted.complete {
            return Poll::Ready(Ok(0));
        }
        let gone = match &mut self.outflow {
            Some(outflow) => outflow.stream().poll_reset(cx),
            None => self.respond.poll_reset(cx),
        };
        gone.map(|_| {
            self.counted.given_up = true;
            Err(io::ErrorKind::ConnectionReset.into())
        })
    }

    /// See [`crate::stream::Stream::poll_write`].
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut used = 0;
        while self.outflow.is_none() && used < bytes.len() {
            if self.counted.complete {
                // What follows the end of an answer is for nobody.
                return Poll::Ready(Ok(bytes.len()));
            }
            used += self.take_head(bytes.get(used..).unwrap_or_default())?;
        }
        let rest = bytes.get(used..).unwrap_or_default();
        let Some(outflow) = self.outflow.as_mut().filter(|_| !rest.is_empty()) else {
            return Poll::Ready(Ok(used));
        };
        let written = outflow.poll_write(cx, rest);
        self.counted.complete = outflow.has_ended();
        match written {
            Poll::Ready(Err(_)) => {
                self.counted.given_up = true;
                written
            }
            Poll::Ready(Ok(count)) => Poll::Ready(Ok(used + count)),
            Poll::Pending if used > 0 => Poll::Ready(Ok(used)),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Takes bytes of a head, and sends it once it is whole: how many of them are its own.
    fn take_head(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let asked = &self.asked;
        let (used, made) = self.heading.take(bytes, Kind::Response, |head, bytes| {
            response::of_head(head, bytes, asked)
                .map(|(answer, framing)| (answer, framing, head.is_interim()))
        })?;
        let Some((response, framing, interim)) = made else { return Ok(used) };
        if interim {
            self.respond.send_informational(response).map_err(broken)?;
            return Ok(used);
        }
        let ended = framing == Framing::Empty;
        let stream = self.respond.send_response(response, ended).map_err(broken)?;
        self.counted.complete = ended;
        if !ended {
            self.outflow = Some(Outflow::new(stream, framing));
        }
        Ok(used)
    }

    /// See [`crate::stream::Stream::poll_shutdown`].
    pub(super) fn shut(&mut self) -> io::Result<()> {
        let Some(outflow) = &mut self.outflow else { return Ok(()) };
        outflow.shut()?;
        self.counted.complete = outflow.has_ended();
        Ok(())
    }
}

/// A client whose answer is not whole is told so.
impl Drop for Answering {
    fn drop(&mut self) {
        if !self.counted.complete {
            match &mut self.outflow {
                Some(outflow) => outflow.stream().send_reset(Reason::INTERNAL_ERROR),
                None => self.respond.send_reset(Reason::INTERNAL_ERROR),
            }
        }
    }
}
