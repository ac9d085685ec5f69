//! A server that speaks HTTP/2 in clear.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use http::{HeaderMap, Method, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Answers each request with what it heard: its body, and its head in `x-heard`, its trailers as they came.
///
/// `/refuse-once` refuses a stream the first time; `/goaway` ends the connection behind the answer; a stream of another
/// protocol is answered by what it says.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicU32,
    refused: AtomicU32,
    requests: Mutex<Vec<Request<()>>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, seen) = (listener.local_addr().unwrap(), Arc::<Seen>::default());
        let task = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(serve(stream, Arc::clone(&seen)));
                }
            }
        });
        Self { address, seen, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn connections(&self) -> u32 {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The last request's head.
    pub(crate) fn last(&self) -> Request<()> {
        self.seen.requests.lock().unwrap().last().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>) {
    let Ok(mut connection) = Builder::new().enable_connect_protocol().handshake::<_, Bytes>(stream).await
    else {
        return;
    };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let path = request.uri().path().to_owned();
        if path == "/refuse-once" && seen.refused.fetch_add(1, Ordering::SeqCst) == 0 {
            respond.send_reset(Reason::REFUSED_STREAM);
            continue;
        }
        if path == "/goaway" {
            connection.graceful_shutdown();
        }
        let seen = Arc::clone(&seen);
        tokio::spawn(async move { drop(answer(request, respond, seen).await) });
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    seen: Arc<Seen>,
) -> Result<(), h2::Error> {
    let (parts, mut body) = request.into_parts();
    let heard = Request::from_parts(parts.clone(), ());
    seen.requests.lock().unwrap().push(heard);
    let head = format!("{} {}", parts.method, parts.uri);
    let response = Response::builder().header("x-heard", head).body(()).unwrap();
    if parts.method == Method::HEAD {
        respond.send_response(response, true)?;
        return Ok(());
    }
    let mut stream = respond.send_response(response, false)?;
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        super::client::send(&mut stream, &data, false).await?;
    }
    let trailers: Option<HeaderMap> = body.trailers().await?;
    match trailers {
        Some(trailers) => stream.send_trailers(trailers),
        None => stream.send_data(Bytes::new(), true),
    }
}
