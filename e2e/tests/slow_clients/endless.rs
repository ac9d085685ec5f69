//! A server whose answers do not end, and that counts what it could send of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sluicegate_e2e::PATIENCE;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

/// Bytes that it announces.
pub(crate) const LENGTH: u64 = 1 << 40;

/// One request a connection.
#[derive(Debug)]
pub(crate) struct Endless {
    address: SocketAddr,
    most: Arc<AtomicU64>,
    ended: watch::Receiver<usize>,
}

impl Endless {
    /// Serves on a free port, with segments of this size.
    pub(crate) async fn start(segment: Option<u32>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if let Some(bytes) = segment {
            SockRef::from(&listener).set_tcp_mss(bytes).unwrap();
            SockRef::from(&listener).set_send_buffer_size(16 * bytes as usize).unwrap();
        }
        let address = listener.local_addr().unwrap();
        let (most, (count, ended)) = (Arc::new(AtomicU64::new(0)), watch::channel(0));
        let sent = Arc::clone(&most);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sent, count) = (Arc::clone(&sent), count.clone());
                tokio::spawn(async move {
                    sent.fetch_max(pour(stream).await, Ordering::Relaxed);
                    count.send_modify(|count| *count += 1);
                });
            }
        });
        Self { address, most, ended }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until so many connections have been closed by the other side. Tells the most bytes that one of them took.
    pub(crate) async fn closed(&mut self, connections: usize) -> u64 {
        let closed = timeout(PATIENCE, self.ended.wait_for(|ended| *ended >= connections)).await;
        assert!(closed.is_ok(), "{connections} connections have not ended");
        self.most.load(Ordering::Relaxed)
    }
}

/// Bytes sent until the other side closed.
async fn pour(mut stream: TcpStream) -> u64 {
    const BLOCK: [u8; 16 * 1024] = [b'x'; 16 * 1024];
    let mut request = [0; 4096];
    if stream.read(&mut request).await.is_err() {
        return 0;
    }
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
    if stream.write_all(head.as_bytes()).await.is_err() {
        return 0;
    }
    let mut sent = 0;
    while let Ok(taken) = stream.write(&BLOCK).await {
        sent += taken as u64;
    }
    sent
}
