//! A client that speaks HTTP/2 in clear.

use std::future::poll_fn;
use std::net::SocketAddr;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request};
use sluicegate_e2e::PATIENCE;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// A connection.
pub(crate) struct Client {
    requests: SendRequest<Bytes>,
    _driver: JoinHandle<Result<(), h2::Error>>,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<(String, String)>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// Connects in clear, as one that knows what is spoken there.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    /// Speaks HTTP/2 over a connection.
    pub(crate) async fn over(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let (requests, driver) = Builder::new()
            .enable_push(false)
            .initial_window_size(1 << 20)
            .initial_connection_window_size(4 << 20)
            .handshake(stream)
            .await
            .unwrap();
        Self { requests, _driver: tokio::spawn(driver) }
    }

    /// Sends a request, with all of its body where it has one, and reads the answer to its end.
    pub(crate) async fn ask(&self, request: Request<()>, body: Option<&[u8]>) -> Result<Answer, h2::Error> {
        self.ask_with(request, body, None).await
    }

    /// The same with trailers.
    pub(crate) async fn ask_with(
        &self,
        request: Request<()>,
        body: Option<&[u8]>,
        trailers: Option<HeaderMap>,
    ) -> Result<Answer, h2::Error> {
        let (response, mut stream) = self.begin(request, body.is_none() && trailers.is_none()).await?;
        let sending = async {
            if let Some(body) = body {
                send(&mut stream, body, trailers.is_none()).await?;
            }
            trailers.map_or(Ok(()), |trailers| stream.send_trailers(trailers))
        };
        let asking = async {
            let (sent, response) = tokio::join!(sending, response);
            let answer = read(response?).await;
            // Who is answered early need not be heard out.
            answer.or_else(|error| sent.and(Err(error)))
        };
        timeout(PATIENCE, asking).await.expect("the exchange comes to an end")
    }

    /// Begins an exchange.
    pub(crate) async fn begin(
        &self,
        request: Request<()>,
        ended: bool,
    ) -> Result<(h2::client::ResponseFuture, SendStream<Bytes>), h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        requests.send_request(request, ended)
    }

    /// Whether the server lets streams carry other protocols, once it has said so.
    pub(crate) fn extends(&self) -> bool {
        self.requests.is_extended_connect_protocol_enabled()
    }
}

/// Sends as much as the other end takes, until all is sent.
pub(crate) async fn send(
    stream: &mut SendStream<Bytes>,
    mut body: &[u8],
    last: bool,
) -> Result<(), h2::Error> {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let Some(room) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return Ok(()) };
        let (some, rest) = body.split_at(room?.min(body.len()));
        body = rest;
        stream.send_data(Bytes::copy_from_slice(some), body.is_empty() && last)?;
    }
    Ok(())
}

async fn read(response: http::Response<RecvStream>) -> Result<Answer, h2::Error> {
    let (parts, mut stream) = response.into_parts();
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await?.unwrap_or_default();
    let status = parts.status.as_u16();
    Ok(Answer { status, fields: sorted(&parts.headers), body, trailers: sorted(&trailers) })
}

fn sorted(fields: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    fields.sort_unstable();
    fields
}
