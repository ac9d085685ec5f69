//! A stream that is opened to a server.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use http::StatusCode;

use super::answering::Way;
use super::count::{Count, Counted};
use super::heading::Heading;
use super::inflow::Inflow;
use super::outflow::Outflow;
use super::request::{self, Wanted};
use super::{broken, response, unfit};
use crate::h1::{Framing, Kind};

/// The server's side of one exchange.
pub(crate) struct Asking {
    requests: SendRequest<Bytes>,
    heading: Heading,
    /// Of the request, once its head is on its way.
    outflow: Option<Outflow>,
    response: Option<ResponseFuture>,
    wanted: Option<Wanted>,
    inflow: Inflow,
    /// Its request could not be sent.
    failed: bool,
    way: Way,
    _counted: Counted,
}

impl Asking {
    pub(super) fn new(requests: SendRequest<Bytes>, way: Way, count: &Arc<Count>) -> Self {
        Self {
            requests,
            heading: Heading::default(),
            outflow: None,
            response: None,
            wanted: None,
            inflow: Inflow::default(),
            failed: false,
            way,
            _counted: Counted::new(count),
        }
    }

    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// See [`crate::stream::Stream::poll_write`].
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut used = 0;
        while self.wanted.is_none() && used < bytes.len() {
            let taken = self.take_head(bytes.get(used..).unwrap_or_default());
            self.failed = taken.is_err();
            used += taken?;
        }
        let rest = bytes.get(used..).unwrap_or_default();
        match &mut self.outflow {
            Some(outflow) if !rest.is_empty() => match outflow.poll_write(cx, rest) {
                Poll::Ready(Ok(count)) => Poll::Ready(Ok(used + count)),
                Poll::Pending if used > 0 => Poll::Ready(Ok(used)),
                written => written,
            },
            // What follows the end of a request is for nobody.
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    /// Takes bytes of a head, and sends it once it is whole: how many of them are its own.
    fn take_head(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (scheme, extends) = (self.way.scheme(), self.requests.is_extended_connect_protocol_enabled());
        let (used, made) = self
            .heading
            .take(bytes, Kind::Request, |head, bytes| request::of_head(head, bytes, scheme, extends))?;
        let Some((request, framing, wanted)) = made else { return Ok(used) };
        let ended = framing == Framing::Empty;
        let (response, stream) = self.requests.send_request(request, ended).map_err(broken)?;
        (self.response, self.wanted) = (Some(response), Some(wanted));
        if !ended {
            self.outflow = Some(Outflow::new(stream, framing));
        }
        Ok(used)
    }

    /// See [`crate::stream::Stream::poll_read`].
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.poll_head(cx)? {
            return Poll::Pending;
        }
        self.inflow.poll_read(cx, buffer)
    }

    /// See [`crate::stream::Stream::poll_quiet`].
    pub(super) fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.poll_head(cx) {
            Ok(false) => Poll::Pending,
            Ok(true) => self.inflow.poll_some(cx).map_ok(|_| ()),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Whether there is something of the answer to read, or its end.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> io::Result<bool> {
        if self.failed {
            return Err(unfit());
        }
        let Some(wanted) = &self.wanted else { return Ok(false) };
        let Some(response) = &mut self.response else { return Ok(true) };
        if let Poll::Ready(Some(interim)) = response.poll_informational(cx) {
            let (parts, ()) = interim.map_err(broken)?.into_parts();
            // There is none (RFC 9113 section 8.6); as text it would open a tunnel.
            if parts.status == StatusCode::SWITCHING_PROTOCOLS {
                return Err(unfit());
            }
            self.inflow.begin(|out| response::write_interim(&parts, out));
            return Ok(true);
        }
        let Poll::Ready(answer) = Pin::new(response).poll(cx) else { return Ok(self.inflow.has_text()) };
        let (parts, body) = answer.map_err(broken)?.into_parts();
        let ended = body.is_end_stream();
        let mut chunked = false;
        self.inflow.begin(|out| chunked = response::write_head(&parts, wanted, ended, out));
        if !ended {
            self.inflow.follow(body, chunked);
        }
        self.response = None;
        Ok(true)
    }

    /// See [`crate::stream::Stream::poll_shutdown`].
    pub(super) fn shut(&mut self) -> io::Result<()> {
        self.outflow.as_mut().map_or(Ok(()), Outflow::shut)
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asking").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
