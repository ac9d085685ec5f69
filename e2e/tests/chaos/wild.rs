//! A server that answers each request with the request's own name, or lies.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a [`Peer`] does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    /// Answers it.
    Answer,
    /// Closes within the head.
    HalfAHead,
    /// Closes within the body.
    HalfABody,
    /// Sends what is no HTTP.
    Garbage,
    /// Sends nothing.
    Silence,
    /// Resets.
    Reset,
    /// Answers it, and then what nobody asked.
    OneTooMany,
}

impl Mode {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Answer,
        Self::HalfAHead,
        Self::HalfABody,
        Self::Garbage,
        Self::Silence,
        Self::Reset,
        Self::OneTooMany,
    ];
}

/// Runs as long as the test.
#[derive(Debug)]
pub(crate) struct Peer {
    /// `X-Name` of its answers.
    pub(crate) name: String,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
}

impl Peer {
    /// On a port of 127.0.0.1.
    pub(crate) async fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mode = Arc::new(Mutex::new(Mode::Answer));
        let peer = Self { name: name.to_owned(), address, mode: Arc::clone(&mode) };
        let name = name.to_owned();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (name, mode) = (name.clone(), Arc::clone(&mode));
                // A proxy that goes away is none of the server's business.
                tokio::spawn(async move { converse(stream, &name, &mode).await.ok() });
            }
        });
        peer
    }

    /// What it does with the next requests.
    pub(crate) fn behave(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }
}

/// The body of an answer: whatever part of another one it had, it would tell.
pub(crate) fn body(name: &str, id: &str, size: u64) -> Vec<u8> {
    format!("{name} {id}\n").repeat(size as usize).into_bytes()
}

async fn converse(mut stream: TcpStream, name: &str, mode: &Mutex<Mode>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut bytes = Vec::new();
    loop {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let head: Vec<u8> = bytes.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mode = *mode.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = answer(name, &head);
        match mode {
            Mode::Answer => stream.write_all(&whole).await?,
            Mode::HalfAHead => return stream.write_all(&whole[..20]).await,
            Mode::HalfABody => return stream.write_all(&whole[..whole.len() - 5]).await,
            Mode::Garbage => return stream.write_all(b"\x16\x03\x01\0\xffHTTP/9 one two\n\n\r\r\0").await,
            Mode::Silence => tokio::time::sleep(Duration::from_secs(5)).await,
            Mode::Reset => return SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
            Mode::OneTooMany => {
                let more = b"HTTP/1.1 200 OK\r\nX-Id: nobody\r\nX-Name: wild\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(&[&whole, more.as_slice()].concat()).await?;
            }
        }
    }
}

fn answer(name: &str, head: &str) -> Vec<u8> {
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let id = field("X-Id: ");
    let size = field("GET /").split(' ').next().and_then(|size| size.parse().ok()).unwrap_or(1);
    let body = body(name, id, size);
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nX-Name: {name}\r\nX-Id: {id}\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &body].concat()
}
