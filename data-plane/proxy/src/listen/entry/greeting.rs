//! The stage that comes to an agreement on TLS.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::server::UnbufferedServerConnection;
use sluicegate_model::listener::Entry;
use sluicegate_rules::Tls as Facts;
use sluicegate_rules::client_hello::{ClientHello, First, first_message};

use super::{Passing, Stage, Step};
use crate::counters::CloseCause;
use crate::stream::Stream;
use crate::stream::tls::{HandshakeError, Session, Tls, agreed};

/// Bytes that are read at once of a ClientHello. Of those in use the longest, with the keys of hybrid groups, have some 2 000.
const AT_ONCE: usize = 2048;

/// Who speaks HTTP in clear to a port of TLS is told so.
const IN_CLEAR: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain\r\ncontent-length: 58\r\nconnection: close\r\n\r\n\
    This port speaks TLS. Ask it with https:// in the address.";

/// A handshake on its way.
pub(super) type Greeting = Pin<Box<dyn Future<Output = Result<Tls, Disagreement>>>>;

/// Why there is no TLS, as the log has it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Disagreement {
    /// The two ends could not agree, or the client left.
    #[error("SSL handshake failure ({0})")]
    Failed(#[from] HandshakeError),
    /// It took too long.
    #[error("SSL handshake failure (timeout)")]
    TimeOut,
    /// What came was a request in clear.
    #[error("SSL handshake failure (HTTP in clear)")]
    InClear,
    /// No certificate has that name.
    #[error("SSL handshake failure (no certificate has the name that was asked for)")]
    NoName,
}

impl From<io::Error> for Disagreement {
    fn from(error: io::Error) -> Self {
        Self::Failed(HandshakeError::Io(error))
    }
}

impl Disagreement {
    fn close_cause(&self) -> CloseCause {
        match self {
            Self::Failed(HandshakeError::Closed | HandshakeError::Io(_)) => CloseCause::Client,
            Self::Failed(HandshakeError::Tls(_)) | Self::InClear | Self::NoName => CloseCause::BadRequest,
            Self::TimeOut => CloseCause::ClientTimeout,
        }
    }
}

impl Passing {
    /// Takes part in the handshake, where there is to be one.
    pub(super) fn poll_greeting(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(Step::End(CloseCause::Finished)) };
        if self.entry.tls.is_none() {
            return Poll::Ready(Step::Next(Stage::Protocol));
        }
        let greeting = self.greeting.get_or_insert_with(|| {
            let stream = std::mem::replace(&mut incoming.stream, Stream::gone());
            let (worker, accepted) = (Rc::clone(&self.worker), incoming.accepted);
            let passed = move || worker.clock.now().saturating_duration_since(accepted);
            Box::pin(greet(stream, Arc::clone(&self.entry), passed))
        });
        let agreed = ready!(greeting.as_mut().poll(cx));
        self.greeting = None;
        Poll::Ready(match agreed {
            Ok(tls) => {
                let counters = incoming.attachment.frontend().state.counters.shard(self.worker.index);
                counters.handshakes.add(1);
                counters.resumed_handshakes.add(tls.agreed().is_some_and(|agreed| agreed.resumed).into());
                incoming.stream = Stream::Tls(Box::new(tls));
                Step::Next(Stage::Protocol)
            }
            Err(why) => self.not_agreed(&why),
        })
    }

    /// There is no TLS with this client.
    #[cold]
    pub(super) fn not_agreed(&self, why: &Disagreement) -> Step {
        if let Some(incoming) = &self.incoming {
            let counters = &incoming.attachment.frontend().state.counters;
            counters.shard(self.worker.index).failed_handshakes.add(1);
        }
        let cause = why.close_cause();
        self.complain(why, cause != CloseCause::BadRequest);
        Step::End(cause)
    }
}

async fn greet(
    mut stream: Stream,
    entry: Arc<Entry>,
    passed: impl Fn() -> Duration,
) -> Result<Tls, Disagreement> {
    let Some(server) = &entry.tls else { return Err(Disagreement::NoName) };
    let hello = hello(&mut stream).await?;
    let Some(config) = server.config(hello.server_name.as_deref()) else {
        // An alert that is fatal: unrecognized_name (RFC 6066 section 3).
        write(&mut stream, &[21, 3, 3, 0, 2, 2, 112]).await?;
        return Err(Disagreement::NoName);
    };
    let session = UnbufferedServerConnection::new(Arc::clone(config)).map_err(HandshakeError::Tls)?;
    let mut tls = Tls::new(stream, Session::Server(session), &hello.bytes);
    let mut shown = None;
    let handshake = poll_fn(|cx| {
        let polled = tls.poll_handshake(cx);
        shown = server.take_shown().or(shown.take());
        polled
    });
    handshake.await?;
    let facts = agreed(tls.session(), hello.server_name, shown);
    tls.agree(Facts { handshake: passed(), ..facts });
    Ok(tls)
}

/// What a client begins with.
struct Hello {
    bytes: Vec<u8>,
    server_name: Option<Box<str>>,
}

/// Reads until it is whole. What is none is left to the handshake, which tells the client so.
async fn hello(stream: &mut Stream) -> Result<Hello, Disagreement> {
    let (mut bytes, mut joined) = (Vec::new(), Vec::new());
    loop {
        let there = bytes.len();
        bytes.resize(there + AT_ONCE, 0);
        let count = poll_fn(|cx| stream.poll_read(cx, &mut bytes[there..])).await?;
        bytes.truncate(there + count);
        if count == 0 {
            return Err(HandshakeError::Closed.into());
        }
        if is_http(&bytes) {
            write(stream, IN_CLEAR).await?;
            return Err(Disagreement::InClear);
        }
        let message = match first_message(&bytes, &mut joined) {
            First::Partial => continue,
            First::Foreign => None,
            First::Here(range) => bytes.get(range),
            First::Joined => Some(&joined[..]),
        };
        let name = message.and_then(ClientHello::read).and_then(|hello| hello.server_name());
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let server_name = name.map(|name| name.to_ascii_lowercase().into());
        return Ok(Hello { bytes, server_name });
    }
}

/// Whether what came first is the beginning of an HTTP request, which no record of TLS is.
fn is_http(bytes: &[u8]) -> bool {
    const METHODS: [&[u8]; 8] =
        [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT "];
    METHODS.iter().any(|method| bytes.starts_with(method))
}

/// Tells a client that is let go of. It may be gone, or not read: nobody waits for it.
async fn write(stream: &mut Stream, bytes: &[u8]) -> io::Result<()> {
    poll_fn(|cx| stream.poll_write(cx, bytes)).await?;
    poll_fn(|cx| stream.poll_shutdown(cx)).await
}
