//! A client that sends the bytes it is told to, and says exactly how a connection ended.

use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Response;
use crate::wire::{Framing, Reader};

/// How long a client waits for a response, unless it is told otherwise.
const RESPONSE_PATIENCE: Duration = Duration::from_secs(10);

/// Why a client got no response, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Failure {
    /// Nobody listens.
    #[error("connection refused")]
    Refused,
    /// Connecting failed in another way.
    #[error("cannot connect")]
    Unreachable,
    /// Closed before the first byte of the response.
    #[error("closed without a response")]
    Closed,
    /// Closed within the response.
    #[error("closed within a response")]
    Truncated,
    /// Reset by the peer.
    #[error("connection reset")]
    Reset,
    /// No full response in time.
    #[error("no response in time")]
    TimedOut,
    /// What came is not HTTP/1.1.
    #[error("malformed response")]
    Malformed,
}

impl Failure {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            io::ErrorKind::InvalidData => Self::Malformed,
            io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Reset,
        }
    }
}

/// One client connection, kept open between requests.
#[derive(Debug)]
pub struct Connection {
    reader: Reader<TcpStream>,
    local: SocketAddr,
    peer: SocketAddr,
    patience: Duration,
}

impl Connection {
    /// Connects over TCP.
    ///
    /// # Errors
    /// [`Failure::Refused`], [`Failure::TimedOut`] or [`Failure::Unreachable`].
    pub async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = match timeout(RESPONSE_PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Err(Failure::Refused);
            }
            Ok(Err(_)) => return Err(Failure::Unreachable),
            Err(_) => return Err(Failure::TimedOut),
        };
        stream.set_nodelay(true).map_err(|_| Failure::Unreachable)?;
        let local = stream.local_addr().map_err(|_| Failure::Unreachable)?;
        Ok(Self { reader: Reader::new(stream), local, peer: address, patience: RESPONSE_PATIENCE })
    }

    /// Waits so long for each response.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The client's own address.
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Where it is connected to.
    pub fn peer_address(&self) -> SocketAddr {
        self.peer
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// [`Failure::Reset`] when the peer takes no more.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
        self.reader.stream().write_all(bytes.as_ref()).await.map_err(|error| Failure::of(&error))
    }

    /// Says that no more bytes will come, and keeps reading.
    ///
    /// # Errors
    /// [`Failure::Reset`].
    pub async fn finish_sending(&mut self) -> Result<(), Failure> {
        self.reader.stream().shutdown().await.map_err(|error| Failure::of(&error))
    }

    /// `GET target` with this `Host`, and its response.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn get(&mut self, host: &str, target: &str) -> Result<Response, Failure> {
        self.request(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
    }

    /// Sends one request as bytes, and reads its response.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn request(&mut self, bytes: impl AsRef<[u8]>) -> Result<Response, Failure> {
        let bytes = bytes.as_ref();
        // A peer may answer and close before it has read all: the answer counts, not the failed write.
        let sent = self.send(bytes).await;
        match self.response(if bytes.starts_with(b"HEAD ") { "HEAD" } else { "GET" }).await {
            Err(Failure::Closed) => Err(sent.err().unwrap_or(Failure::Closed)),
            outcome => outcome,
        }
    }

    /// Reads the final response to a request of this method; informational ones are passed over, but 101.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn response(&mut self, method: &str) -> Result<Response, Failure> {
        loop {
            let response = self.any_response(method).await?;
            if response.status() >= 200 || response.status() == 101 {
                return Ok(response);
            }
        }
    }

    /// Reads the next response, informational ones too.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn any_response(&mut self, method: &str) -> Result<Response, Failure> {
        let read = async {
            let head = match self.reader.head().await {
                Ok(Some(head)) => head,
                Ok(None) => return Err(Failure::Closed),
                Err(error) => return Err(Failure::of(&error)),
            };
            let framing = Framing::of_response(&head, method).map_err(|error| Failure::of(&error))?;
            let (body, trailers) = self.reader.body(framing).await.map_err(|error| Failure::of(&error))?;
            Ok(Response { head, body, trailers })
        };
        timeout(self.patience, read).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// True while the peer has neither closed nor reset. Does not wait.
    pub fn is_open(&mut self) -> bool {
        // The runtime may not have seen the close yet, so ask the kernel.
        let mut probe = [MaybeUninit::uninit()];
        match SockRef::from(&*self.reader.stream()).peek(&mut probe) {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }

    /// Waits for the peer's close.
    ///
    /// # Errors
    /// [`Failure::Reset`] if it was a reset, [`Failure::Malformed`] if bytes came instead, [`Failure::TimedOut`].
    pub async fn closed(&mut self) -> Result<(), Failure> {
        match timeout(self.patience, self.reader.fill()).await {
            Ok(Ok(0)) => Ok(()),
            Ok(Ok(_)) => Err(Failure::Malformed),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::TimedOut),
        }
    }

    /// Asks for an upgrade to the echo protocol of [`Origin`](crate::Origin); the connection then carries raw bytes.
    ///
    /// # Errors
    /// Any [`Failure`]; [`Failure::Malformed`] if the answer is not 101.
    pub async fn upgrade(&mut self, host: &str) -> Result<(), Failure> {
        let request =
            format!("GET /echo HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        match self.request(request).await?.status() {
            101 => Ok(()),
            _ => Err(Failure::Malformed),
        }
    }

    /// After an upgrade: sends bytes and expects the same back.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal; [`Failure::Malformed`] if other bytes come.
    pub async fn echo(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.send(bytes).await?;
        match self.read(bytes.len()).await? {
            back if back == bytes => Ok(()),
            _ => Err(Failure::Malformed),
        }
    }

    /// Reads so many raw bytes.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn read(&mut self, length: usize) -> Result<Vec<u8>, Failure> {
        let body = self.reader.body(Framing::Length(length));
        match timeout(self.patience, body).await {
            Ok(Ok((bytes, _))) => Ok(bytes),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::TimedOut),
        }
    }

    /// Reads raw bytes until the peer closes.
    ///
    /// # Errors
    /// Any [`Failure`] but refusal.
    pub async fn read_to_end(&mut self) -> Result<Vec<u8>, Failure> {
        match timeout(self.patience, self.reader.body(Framing::Close)).await {
            Ok(Ok((bytes, _))) => Ok(bytes),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

/// One GET over a connection of its own.
///
/// # Errors
/// Any [`Failure`].
pub async fn fetch(address: SocketAddr, target: &str) -> Result<Response, Failure> {
    let mut connection = Connection::open(address).await?;
    let host = address.to_string();
    connection.request(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
}
