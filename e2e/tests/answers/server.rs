//! A server that says what it is told to.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is said to every request, until something else is to be said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saying {
    /// The response, and what else.
    pub(crate) bytes: Vec<u8>,
    /// Size of a write.
    pub(crate) piece: usize,
    /// Whether the connection ends with it.
    pub(crate) closes: bool,
}

/// The server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    saying: Arc<Mutex<Saying>>,
    connections: Arc<AtomicU64>,
}

impl Server {
    /// Serves on a free port.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, saying: Arc::default(), connections: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serving.clone().converse(stream));
            }
        });
        server
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections so far.
    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// What it says from now on.
    pub(crate) fn say(&self, saying: Saying) {
        *self.saying.lock().unwrap() = saying;
    }

    async fn converse(self, mut stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut request = Vec::new();
        while matches!(stream.read_buf(&mut request).await, Ok(1..)) {
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            request.clear();
            let Saying { bytes, piece, closes } = self.saying.lock().unwrap().clone();
            for piece in bytes.chunks(piece) {
                if stream.write_all(piece).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            if closes {
                return;
            }
        }
    }
}
