//! An HTTP server that answers its name, counts, and misbehaves on demand.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::wire::{Framing, Reader};
use crate::{Head, PATIENCE, Response, free_address};

/// Requests kept for [`Origin::last_request`].
const KEPT_REQUESTS: usize = 256;

/// How long a starting process may hold a copy of a closed socket.
const COPY_PATIENCE: Duration = Duration::from_secs(2);

/// What an [`Origin`] does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers 200 and its name.
    Answer,
    /// Answers this status and its name.
    Status(u16),
    /// Answers 200 after a while.
    Slow(Duration),
    /// Answers 200 when [`Origin::release`] lets it.
    Held,
    /// Never answers.
    Hang,
    /// Reads the request and closes without an answer.
    Close,
    /// Answers 200, says `Connection: close` and does.
    AnswerAndClose,
    /// Announces more bytes than it sends, then closes.
    Truncate,
}

/// A server on a port of its own, which it keeps over [`Origin::kill`] and [`Origin::revive`].
///
/// Its answer to any path is its name, also in the header `X-Origin`; `/bytes/N` is answered by N bytes with a
/// Content-Length, `/chunks/N` by N chunks of 1000 bytes, `/trailers` by a chunk and the trailer `X-Sum`, `/reflect` by the request's body; a request for the upgrade
/// `echo` or `websocket` by 101 and an echo of every byte that follows. Each header `X-Say` of a request is a line of the
/// answer's head.
#[derive(Debug)]
pub struct Origin {
    state: Arc<State>,
    serving: Option<Serving>,
}

#[derive(Debug)]
struct State {
    name: String,
    address: SocketAddr,
    behaviour: Mutex<Behaviour>,
    seen: Mutex<VecDeque<Response>>,
    requests: watch::Sender<u64>,
    connections: AtomicU64,
    open: AtomicU64,
    released: Semaphore,
}

#[derive(Debug)]
struct Serving {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Origin {
    /// Starts on a free port of 127.0.0.1.
    pub async fn start(name: &str) -> Self {
        Self::start_at(name, free_address()).await
    }

    /// Starts on this address.
    ///
    /// # Panics
    /// When it cannot be bound.
    pub async fn start_at(name: &str, address: SocketAddr) -> Self {
        let mut origin = Self::absent_at(name, address);
        origin.revive().await;
        origin
    }

    /// A server that has an address, but does not run yet.
    pub fn absent(name: &str) -> Self {
        Self::absent_at(name, free_address())
    }

    fn absent_at(name: &str, address: SocketAddr) -> Self {
        let state = State {
            name: name.to_owned(),
            address,
            behaviour: Mutex::new(Behaviour::Answer),
            seen: Mutex::default(),
            requests: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            open: AtomicU64::new(0),
            released: Semaphore::new(0),
        };
        Self { state: Arc::new(state), serving: None }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.state.address
    }

    /// Its name, which is its answer.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Requests seen since it was made.
    pub fn requests(&self) -> u64 {
        *self.state.requests.borrow()
    }

    /// Connections accepted since it was made.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Connections open now.
    pub fn open_connections(&self) -> u64 {
        self.state.open.load(Ordering::Relaxed)
    }

    /// The latest request.
    pub fn last_request(&self) -> Option<Response> {
        self.state.seen().back().cloned()
    }

    /// The latest request for this target.
    pub fn last_request_for(&self, target: &str) -> Option<Response> {
        self.state.seen().iter().rev().find(|request| request.head.target() == target).cloned()
    }

    /// The latest request with this line in its head.
    pub fn last_request_with(&self, name: &str, value: &str) -> Option<Response> {
        self.state.seen().iter().rev().find(|request| request.header(name) == Some(value)).cloned()
    }

    /// Waits until it has seen so many requests.
    ///
    /// # Panics
    /// When [`PATIENCE`] ends first.
    pub async fn reached(&self, requests: u64) {
        let mut count = self.state.requests.subscribe();
        let wait = timeout(PATIENCE, count.wait_for(|seen| *seen >= requests)).await;
        assert!(wait.is_ok(), "{} saw {} requests, expected {requests}", self.name(), self.requests());
    }

    /// What it does with the next requests.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour() = behaviour;
    }

    /// Lets so many requests that are [`Behaviour::Held`], now or later, be answered.
    pub fn release(&self, requests: usize) {
        self.state.released.add_permits(requests);
    }

    /// Stops listening and closes every connection, as the end of its process would.
    pub async fn kill(&mut self) {
        if let Some(serving) = self.serving.take() {
            let _ = serving.stop.send(());
            let _ = serving.task.await;
        }
    }

    /// Listens again, on the same port.
    ///
    /// # Panics
    /// When the address cannot be bound.
    pub async fn revive(&mut self) {
        self.kill().await;
        let address = self.address();
        let listener = bind(address).await;
        let listener =
            listener.unwrap_or_else(|error| panic!("{} cannot bind {address}: {error}", self.name()));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, Arc::clone(&self.state), stopped));
        self.serving = Some(Serving { stop, task });
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.task.abort();
        }
    }
}

impl State {
    fn behaviour(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self) -> MutexGuard<'_, VecDeque<Response>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, request: &Response) -> Behaviour {
        let mut seen = self.seen();
        if seen.len() == KEPT_REQUESTS {
            seen.pop_front();
        }
        seen.push_back(request.clone());
        drop(seen);
        self.requests.send_modify(|count| *count += 1);
        *self.behaviour()
    }
}

/// Counts a connection while it is open.
struct Open<'a>(&'a AtomicU64);

impl<'a> Open<'a> {
    fn count(counter: &'a AtomicU64) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A process that another test starts at this moment has a copy of the socket that was closed, until it runs its
/// program: then the address is free.
async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let begin = Instant::now();
    loop {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && begin.elapsed() < COPY_PATIENCE => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            bound => return bound,
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<State>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    state.connections.fetch_add(1, Ordering::Relaxed);
                    let state = Arc::clone(&state);
                    connections.spawn(async move {
                        let _open = Open::count(&state.open);
                        // A client that goes away is none of the server's business.
                        let _ = converse(stream, &state).await;
                    });
                }
            }
            Some(_) = connections.join_next() => {}
            _ = &mut stopped => break,
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn converse(stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = Reader::new(stream);
    while let Some(head) = reader.head().await? {
        if head.has_token("expect", "100-continue") {
            reader.stream().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let (body, trailers) = reader.body(Framing::of_request(&head)?).await?;
        let request = Response { head, body, trailers };
        let behaviour = state.record(&request);
        let closes = request.head.closes() || behaviour == Behaviour::AnswerAndClose;
        match behaviour {
            // Never closed, so this waits for its permit.
            Behaviour::Held => state.released.acquire().await.map_or((), |permit| permit.forget()),
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Close => return Ok(()),
            Behaviour::Truncate => {
                return reader.stream().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await;
            }
            Behaviour::Slow(pause) => tokio::time::sleep(pause).await,
            Behaviour::Answer | Behaviour::Status(_) | Behaviour::AnswerAndClose => {}
        }
        if wants_echo(&request.head) {
            return echo(reader, &request.head).await;
        }
        let status = if let Behaviour::Status(status) = behaviour { status } else { 200 };
        reader.stream().write_all(&answer(&state.name, status, &request, closes)).await?;
        if closes {
            return Ok(());
        }
    }
    Ok(())
}

fn wants_echo(head: &Head) -> bool {
    head.has_token("connection", "upgrade")
        && (head.has_token("upgrade", "echo") || head.has_token("upgrade", "websocket"))
}

async fn echo(mut reader: Reader<TcpStream>, head: &Head) -> std::io::Result<()> {
    let protocol = head.header("upgrade").unwrap_or("echo");
    let mut answer =
        format!("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n");
    if let Some(key) = head.header("sec-websocket-key") {
        answer += &format!("Sec-WebSocket-Accept: {}\r\n", accept(key));
    }
    answer += "\r\n";
    reader.stream().write_all(answer.as_bytes()).await?;
    let (mut stream, mut bytes) = reader.into_parts();
    loop {
        stream.write_all(&bytes).await?;
        bytes.clear();
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}

/// RFC 6455 section 4.2.2.
fn accept(key: &str) -> String {
    let key = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64_STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()))
}

fn answer(name: &str, status: u16, request: &Response, closes: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} {}\r\nX-Origin: {name}\r\n", reason(status));
    if closes {
        head += "Connection: close\r\n";
    }
    for line in request.head.headers_named("x-say") {
        head += &format!("{line}\r\n");
    }
    let target = request.head.target();
    let (framing, body) = if target == "/trailers" {
        ("Transfer-Encoding: chunked\r\n".to_owned(), b"3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n".to_vec())
    } else if let Some(count) = number(target, "/chunks/") {
        let chunk = [b"3e8\r\n".as_slice(), &[b'c'; 1000], b"\r\n"].concat();
        ("Transfer-Encoding: chunked\r\n".to_owned(), [chunk.repeat(count), b"0\r\n\r\n".to_vec()].concat())
    } else {
        let body = match number(target, "/bytes/") {
            Some(count) => vec![b'x'; count],
            None if target == "/reflect" => request.body.clone(),
            None => format!("{name}\n").into_bytes(),
        };
        (format!("Content-Length: {}\r\n", body.len()), body)
    };
    head += &framing;
    head += "\r\n";
    let mut bytes = head.into_bytes();
    if request.head.method() != "HEAD" {
        bytes.extend(body);
    }
    bytes
}

fn number(target: &str, prefix: &str) -> Option<usize> {
    target.strip_prefix(prefix)?.parse().ok()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Whatever",
    }
}
