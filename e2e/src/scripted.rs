//! A server that does the same for each connection, one thing after the other: what a check looks at.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Connections whose bytes are kept.
const KEPT: usize = 64;

/// How long a server waits for its client to close once its script is over.
const FAREWELL: Duration = Duration::from_millis(300);

/// One thing that a [`Scripted`] server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Waits until it has heard so many bytes in all.
    Hears(usize),
    /// Waits until it has heard an empty line.
    HearsHead,
    /// Sends these bytes.
    Says(&'static [u8]),
    /// Sends so many bytes `x`, as far as they are taken.
    Floods(usize),
    /// Does nothing for so many milliseconds: the pace of a slow server.
    Pauses(u64),
    /// Closes in order.
    Closes,
    /// Closes with a reset.
    Resets,
    /// Never does anything more; the client closes.
    Hangs,
}

/// The server. Its port is closed when it is dropped.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    script: Mutex<Vec<Does>>,
    heard: Mutex<Vec<Vec<u8>>>,
    connections: AtomicUsize,
}

impl Scripted {
    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Panics
    /// When the host has no port.
    pub async fn start(script: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(script.to_vec()),
            heard: Mutex::new(Vec::new()),
            connections: AtomicUsize::new(0),
        });
        let task = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does from the next connection on.
    pub fn set(&self, script: &[Does]) {
        *lock(&self.shared.script) = script.to_vec();
    }

    /// Connections that it has taken.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Relaxed)
    }

    /// What its first connections said, each to its end.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        lock(&self.shared.heard).clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        shared.connections.fetch_add(1, Relaxed);
        tokio::spawn(async move {
            let script = lock(&shared.script).clone();
            let mut heard = Vec::new();
            // A client that goes in the middle has said what it has said.
            let _gone = talk(stream, &script, &mut heard).await;
            let mut all = lock(&shared.heard);
            if all.len() < KEPT {
                all.push(heard);
            }
        });
    }
}

async fn talk(mut stream: TcpStream, script: &[Does], heard: &mut Vec<u8>) -> std::io::Result<()> {
    for does in script {
        match *does {
            Does::Hears(bytes) => hear(&mut stream, heard, |heard| heard.len() >= bytes).await?,
            Does::HearsHead => {
                hear(&mut stream, heard, |heard| heard.windows(4).any(|end| end == b"\r\n\r\n")).await?;
            }
            Does::Says(bytes) => stream.write_all(bytes).await?,
            Does::Floods(bytes) => {
                let much = vec![b'x'; 64 << 10];
                for _ in 0..bytes.div_ceil(much.len()) {
                    stream.write_all(&much).await?;
                }
            }
            Does::Pauses(millis) => sleep(Duration::from_millis(millis)).await,
            Does::Closes => return Ok(()),
            Does::Resets => return stream.set_zero_linger(),
            Does::Hangs => return hear(&mut stream, heard, |_| false).await,
        }
    }
    // Over: what the client still says is heard, then it closes too.
    let _silent = timeout(FAREWELL, hear(&mut stream, heard, |_| false)).await;
    Ok(())
}

async fn hear(
    stream: &mut TcpStream,
    heard: &mut Vec<u8>,
    enough: impl Fn(&[u8]) -> bool,
) -> std::io::Result<()> {
    while !enough(heard) {
        if stream.read_buf(heard).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
