//! Mode udp: datagrams in sessions. HAProxy has nothing like it but for its own log lines, which pass here as an example.

#![allow(clippy::unwrap_used)] // also outside of test functions: a step that fails ends the scenario

#[path = "udp/elsewhere.rs"]
mod elsewhere;
#[path = "udp/life.rs"]
mod life;
#[path = "udp/lines.rs"]
mod lines;
#[path = "udp/names.rs"]
mod names;
#[path = "udp/pressure.rs"]
mod pressure;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use sluicegate_e2e::PATIENCE;
use sluicegate_e2e::console::{ask, row};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const DEFAULTS: &str = "
defaults
    mode udp
    timeout client 30s
    timeout server 10s
";

/// Cells of a row of the statistics, once they are these: proxies report what moves twice a second.
async fn told(console: &Path, name: &str, columns: &[&str], wanted: &[&str]) {
    let mut seen = Vec::new();
    let settled = timeout(PATIENCE, async {
        loop {
            let statistics = ask(console, "show stat\n").await;
            seen = columns.iter().map(|column| row(&statistics, name)(column)).collect();
            if seen == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(settled.await.is_ok(), "{name}: {columns:?} are {seen:?}, not {wanted:?}");
}

/// A client, or a server that says what the scenario has it say.
struct Peer(UdpSocket);

impl Peer {
    async fn start() -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    async fn at(address: SocketAddr) -> Self {
        Self(UdpSocket::bind(address).await.unwrap())
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    async fn send(&self, text: &str, to: SocketAddr) {
        self.0.send_to(text.as_bytes(), to).await.unwrap();
    }

    /// What comes next, and from where.
    async fn hear(&self) -> (String, SocketAddr) {
        timeout(PATIENCE, self.hear_at_last()).await.expect("something comes in time")
    }

    /// Sends, and what comes next.
    async fn ask(&self, text: &str, to: SocketAddr) -> String {
        self.send(text, to).await;
        self.hear().await.0
    }

    /// Answers each datagram with a name and what came, until it is dropped.
    fn echo(self, name: &'static str) -> tokio::task::AbortHandle {
        let echo = async move {
            loop {
                let (text, from) = self.hear_at_last().await;
                self.send(&format!("{name} {text}"), from).await;
            }
        };
        tokio::spawn(echo).abort_handle()
    }

    async fn hear_at_last(&self) -> (String, SocketAddr) {
        let mut bytes = vec![0; 65_536];
        let (length, from) = self.0.recv_from(&mut bytes).await.unwrap();
        (String::from_utf8_lossy(&bytes[..length]).into_owned(), from)
    }
}
