//! A server that reads by the letter of RFC 9112, and keeps what it reads.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use sluicegate_engine::h1::naive::{self, End, Reading, Role, Start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Method, target and content of a request.
pub(crate) type Request = (String, String, Vec<u8>);

/// Answers every request with an empty 200.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Result<Request, String>>>>,
}

impl Server {
    /// Serves on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().converse(stream));
            }
        });
        server
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests since the last call, and what was none.
    pub(crate) fn seen(&self) -> Vec<Result<Request, String>> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    async fn converse(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        while matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
            while !bytes.is_empty() {
                let (request, length) = match read(&bytes) {
                    Ok(Some(found)) => found,
                    Ok(None) => break,
                    Err(why) => return self.seen.lock().unwrap().push(Err(why)),
                };
                self.seen.lock().unwrap().push(Ok(request));
                bytes.drain(..length);
                if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The whole request at the start of the bytes, and its length.
fn read(bytes: &[u8]) -> Result<Option<(Request, usize)>, String> {
    let shown = || bytes.escape_ascii().to_string();
    if matches!(bytes, [b'\r' | b'\n', ..]) {
        return Err(format!("an empty line before {}", shown()));
    }
    let message = match naive::read(bytes, Role::Request) {
        Reading::Incomplete => return Ok(None),
        Reading::Invalid(invalid) => return Err(format!("{invalid:?} in {}", shown())),
        Reading::Message(message) => message,
    };
    match message.end {
        End::Later => Ok(None),
        End::Never(invalid) => Err(format!("{invalid:?} in {}", shown())),
        End::At(length) => Ok(Some((request(&message), length))),
    }
}

/// What counts of a request.
pub(crate) fn request(message: &naive::Message) -> Request {
    let Start::Request(method, target) = &message.start else { panic!("not a request: {message:?}") };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(method), text(target), message.content.clone())
}
