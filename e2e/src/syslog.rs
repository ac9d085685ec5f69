//! A syslog server that keeps what it hears.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;
use tokio::net::{UdpSocket, UnixDatagram};
use tokio::time::timeout;

use crate::PATIENCE;

/// More than any log line of a scenario.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Kept by the kernel until it is read: some ten thousand lines.
const BURST_BYTES: usize = 16 * 1024 * 1024;

/// Receives log lines over UDP or a unix datagram socket.
#[derive(Debug)]
pub struct Syslog {
    socket: Socket,
    heard: Vec<String>,
}

#[derive(Debug)]
enum Socket {
    Udp(UdpSocket),
    Unix(UnixDatagram),
}

impl Syslog {
    /// On a free UDP port of 127.0.0.1.
    ///
    /// # Panics
    /// When there is none.
    pub async fn udp() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a UDP port is free");
        // What no longer fits is lost, and a scenario may log more at one time than fits by default. Only root gets so much;
        // others keep what they have.
        let _ = setsockopt(&socket, RcvBufForce, &BURST_BYTES);
        Self { socket: Socket::Udp(socket), heard: Vec::new() }
    }

    /// On a unix datagram socket.
    ///
    /// # Panics
    /// When the path cannot be bound.
    pub fn unix(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path);
        let socket = socket.unwrap_or_else(|error| panic!("cannot bind {}: {error}", path.display()));
        Self { socket: Socket::Unix(socket), heard: Vec::new() }
    }

    /// Where it receives.
    ///
    /// # Panics
    /// When it is a unix socket.
    pub fn address(&self) -> SocketAddr {
        match &self.socket {
            Socket::Udp(socket) => socket.local_addr().expect("a bound socket has an address"),
            Socket::Unix(_) => panic!("a unix socket has no address"),
        }
    }

    /// The next line.
    ///
    /// # Panics
    /// When none comes; says what came before.
    pub async fn line(&mut self) -> String {
        let mut bytes = vec![0; MAX_LINE_BYTES];
        let received = match &self.socket {
            Socket::Udp(socket) => timeout(PATIENCE, socket.recv(&mut bytes)).await,
            Socket::Unix(socket) => timeout(PATIENCE, socket.recv(&mut bytes)).await,
        };
        let Ok(Ok(length)) = received else {
            panic!("no more log lines after:\n{}", self.heard.join("\n"));
        };
        let line = String::from_utf8_lossy(&bytes[..length]).trim_end().to_owned();
        self.heard.push(line.clone());
        line
    }

    /// The next line that contains `words`.
    ///
    /// # Panics
    /// As [`Syslog::line`].
    pub async fn wait_for(&mut self, words: &str) -> String {
        loop {
            let line = self.line().await;
            if line.contains(words) {
                return line;
            }
        }
    }
}
