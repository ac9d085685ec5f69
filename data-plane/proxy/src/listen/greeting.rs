//! The way from the first byte of a connection to its protocol, where they speak TLS.

use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::server::{Acceptor, UnbufferedServerConnection};
use sluicegate_model::tls::TlsServer;

use super::Incoming;
use crate::counters::CloseCause;
use crate::stream::tls::{HandshakeError, Session, Tls, agreed};
use crate::stream::Stream;
use crate::worker::{Ended, Worker};

/// Time for a handshake where no time is set for clients.
const LONGEST: Duration = Duration::from_secs(30);
/// Bytes of a ClientHello. Of those in use the longest, with the keys of hybrid groups, have some 2 000.
const MAX_HELLO: usize = 16 * 1024;

/// Who speaks HTTP in clear to a port of TLS is told so.
const IN_CLEAR: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain\r\ncontent-length: 58\r\nconnection: close\r\n\r\n\
    This port speaks TLS. Ask it with https:// in the address.";

/// Takes part in the handshake, and hands the connection to its protocol.
pub(super) async fn greet(worker: Rc<Worker>, mut incoming: Incoming, tls: Arc<TlsServer>) -> Ended {
    let timeouts = &incoming.attachment.frontend().settings().timeouts;
    let limit = timeouts.client.unwrap_or(LONGEST);
    let stream = std::mem::replace(&mut incoming.stream, Stream::gone());
    let agreed = tokio::time::timeout(limit, agree(stream, &tls)).await;
    let counters = incoming.attachment.frontend().state.counters.shard(worker.index);
    let cause = match agreed {
        Ok(Ok(tls)) => {
            counters.handshakes.add(1);
            counters.resumed_handshakes.add(u64::from(tls.agreed().is_some_and(|agreed| agreed.resumed)));
            incoming.stream = Stream::Tls(Box::new(tls));
            incoming.serve(&worker);
            return Ended::HandedOver;
        }
        Ok(Err(HandshakeError::Closed | HandshakeError::Io(_))) => CloseCause::Client,
        Ok(Err(HandshakeError::Tls(_))) => CloseCause::BadRequest,
        Err(_) => CloseCause::ClientTimeout,
    };
    counters.failed_handshakes.add(1);
    Ended::Closed(cause)
}

async fn agree(mut stream: Stream, server: &TlsServer) -> Result<Tls, HandshakeError> {
    let hello = hello(&mut stream).await?;
    let name = hello.server_name.as_deref();
    let refused = || HandshakeError::Tls(rustls::Error::General("no certificate has that name".to_owned()));
    let Some(config) = server.config(name) else {
        // An alert that is fatal: unrecognized_name (RFC 6066 section 3).
        write(&mut stream, &[21, 3, 3, 0, 2, 2, 112]).await?;
        return Err(refused());
    };
    let session = UnbufferedServerConnection::new(Arc::clone(config)).map_err(HandshakeError::Tls)?;
    let mut tls = Tls::new(stream, Session::Server(session), &hello.bytes);
    poll_fn(|cx| tls.poll_handshake(cx)).await?;
    tls.agree(agreed(tls.session(), hello.server_name));
    Ok(tls)
}

/// What a client begins with.
struct Hello {
    bytes: Vec<u8>,
    server_name: Option<Box<str>>,
}

async fn hello(stream: &mut Stream) -> Result<Hello, HandshakeError> {
    let mut bytes = Vec::new();
    let mut acceptor = Acceptor::default();
    let mut buffer = vec![0; 2048];
    loop {
        let count = poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await?;
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            return Err(HandshakeError::Closed);
        }
        bytes.extend_from_slice(read);
        if is_http(&bytes) {
            write(stream, IN_CLEAR).await?;
            return Err(HandshakeError::Tls(rustls::Error::InappropriateMessage {
                expect_types: Vec::new(),
                got_type: rustls::ContentType::Unknown(read[0]),
            }));
        }
        let mut rest = read;
        while !rest.is_empty() {
            acceptor.read_tls(&mut rest)?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => {
                let server_name =
                    accepted.client_hello().server_name().map(|it| it.to_ascii_lowercase().into());
                return Ok(Hello { bytes, server_name });
            }
            Ok(None) if bytes.len() > MAX_HELLO => {
                return Err(io::Error::from(io::ErrorKind::InvalidData).into());
            }
            Ok(None) => {}
            Err((error, mut alert)) => {
                let mut told = Vec::new();
                alert.write_all(&mut told)?;
                write(stream, &told).await?;
                return Err(HandshakeError::Tls(error));
            }
        }
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
