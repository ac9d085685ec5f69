//! Two ends of a connection in memory.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::client::SendRequest;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Request};
use tokio::sync::mpsc;

use crate::multiplex::answering::{Answering, Way};
use crate::multiplex::asking::Asking;
use crate::multiplex::count::Count;

/// Bytes that either end may send ahead.
pub(super) const WIDE: u32 = 65_535;

/// A connection with both of its ends.
pub(super) struct Pair {
    pub(super) client: SendRequest<Bytes>,
    pub(super) count: Arc<Count>,
    asked: mpsc::UnboundedReceiver<(Request<RecvStream>, SendResponse<Bytes>)>,
}

impl Pair {
    /// `windows`: bytes of a stream that the client takes, and that the server takes.
    pub(super) async fn new(windows: (u32, u32)) -> Self {
        let (near, far) = tokio::io::duplex(1 << 20);
        let (tell, asked) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut builder = h2::server::Builder::new();
            builder.initial_window_size(windows.1).enable_connect_protocol();
            let mut server = builder.handshake(far).await.unwrap();
            while let Some(Ok(asked)) = server.accept().await {
                let _ = tell.send(asked);
            }
        });
        let mut builder = h2::client::Builder::new();
        let (client, mut driver) =
            builder.initial_window_size(windows.0).enable_push(false).handshake(near).await.unwrap();
        // The server's settings are here by then.
        let mut pings = driver.ping_pong().unwrap();
        tokio::spawn(driver);
        pings.ping(h2::Ping::opaque()).await.unwrap();
        Self { client, count: Arc::default(), asked }
    }

    /// The next request that comes to the server.
    pub(super) async fn asked(&mut self) -> (Request<RecvStream>, SendResponse<Bytes>) {
        self.asked.recv().await.unwrap()
    }

    /// The same, as a stream of ours.
    pub(super) async fn answering(&mut self) -> Answering {
        let (request, respond) = self.asked().await;
        Answering::new(request, respond, (Way { tls: None, local: None }, &self.count), || 7)
    }

    /// A stream of ours to the server.
    pub(super) fn asking(&self) -> Asking {
        Asking::new(self.client.clone(), Way { tls: Some(Arc::default()), local: None }, &self.count)
    }
}

/// What both kinds of stream do.
pub(super) trait Stream {
    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
}

impl Stream for Answering {
    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_read(cx, buffer)
    }

    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }
}

impl Stream for Asking {
    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_read(cx, buffer)
    }

    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write(cx, bytes)
    }
}

/// One read of at most so many bytes.
pub(super) async fn read(stream: &mut impl Stream, most: usize) -> io::Result<Vec<u8>> {
    let mut buffer = vec![0; most];
    let count = poll_fn(|cx| stream.read(cx, &mut buffer)).await?;
    buffer.truncate(count);
    Ok(buffer)
}

/// Reads in pieces of this size, until so many bytes are there.
pub(super) async fn read_text(stream: &mut impl Stream, piece: usize, length: usize) -> io::Result<String> {
    let mut text = Vec::new();
    while text.len() < length {
        let some = read(stream, piece.min(length - text.len())).await?;
        assert!(!some.is_empty(), "it ends behind {}", text.escape_ascii());
        text.extend_from_slice(&some);
    }
    Ok(String::from_utf8(text).unwrap())
}

/// Writes all of it, in pieces of this size.
pub(super) async fn write(stream: &mut impl Stream, bytes: &[u8], piece: usize) -> io::Result<()> {
    for mut piece in bytes.chunks(piece) {
        while !piece.is_empty() {
            let count = poll_fn(|cx| stream.write(cx, piece)).await?;
            assert!(count > 0);
            piece = &piece[count..];
        }
    }
    Ok(())
}

/// Reads a body to its end, and lets the other end send on: its pieces and its trailers.
pub(super) async fn body(stream: &mut RecvStream) -> Result<(Vec<Bytes>, HeaderMap), h2::Error> {
    let mut pieces = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        if !data.is_empty() {
            pieces.push(data);
        }
    }
    Ok((pieces, stream.trailers().await?.unwrap_or_default()))
}

/// Sends as the other end takes it.
pub(super) async fn send(stream: &mut SendStream<Bytes>, mut bytes: &[u8], last: bool) {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len());
        let room = poll_fn(|cx| stream.poll_capacity(cx)).await.unwrap().unwrap();
        let (some, rest) = bytes.split_at(room.min(bytes.len()));
        bytes = rest;
        stream.send_data(Bytes::copy_from_slice(some), last && bytes.is_empty()).unwrap();
    }
}

/// Why a stream was reset.
pub(super) fn reason<T: std::fmt::Debug>(result: Result<T, h2::Error>) -> Option<Reason> {
    result.unwrap_err().reason()
}
