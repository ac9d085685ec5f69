//! One probe of one endpoint: does what its script wants done.
//!
//! Time is kept by who starts the probe: dropping a future here gives the probe up.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use nix::errno::Errno;
use sluicegate_engine::stream::{Peer, Stream, Target};
use sluicegate_engine::upstream::{ConnectError, Connecting};
use sluicegate_health::script::Connect;
use sluicegate_health::{MAX_ANSWER_BYTES, Outcome, Status, Talk, Want};

/// Why there is no connection.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    /// The system's own words; may be empty.
    pub(crate) words: String,
}

/// Makes connections and talks over them. The seam at which tests put endpoints of their own.
pub(crate) trait Prober: Send + Sync + 'static {
    /// A connection that stands.
    type Connection: Send + 'static;

    /// Connects. `linger`: the connection is closed in order in the end.
    fn connect(
        &self,
        target: &Target,
        linger: bool,
    ) -> impl Future<Output = Result<Self::Connection, Refusal>> + Send;

    /// This end of a connection; `None` where it has no address.
    fn local(&self, connection: &Self::Connection) -> Option<SocketAddr>;

    /// Sends all of it; fails with the system's words.
    fn send(
        &self,
        connection: &mut Self::Connection,
        bytes: &[u8],
    ) -> impl Future<Output = Result<(), String>> + Send;

    /// Receives something, nothing at the end; fails with the system's words.
    fn receive(
        &self,
        connection: &mut Self::Connection,
        into: &mut [u8],
    ) -> impl Future<Output = Result<usize, String>> + Send;
}

/// What is told of a probe on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Another connection is begun.
    Connects,
    /// The connection stands.
    Connected,
}

/// Goes through a script. `at`: where it is, for who gives it up. `tell`: hears of connections after the first was begun.
pub(crate) async fn hold<P: Prober, F: Future<Output = ()> + Send>(
    prober: &P,
    target: &Target,
    mut talk: Talk,
    at: &AtomicUsize,
    tell: impl Fn(Turn) -> F + Send + Sync,
) -> Outcome {
    let mut connection = None;
    let mut begun = false;
    let mut buffer = Vec::new();
    loop {
        let want = talk.want();
        at.store(talk.step(), Relaxed);
        match want {
            Want::Connect { to, send_proxy } => {
                // The one before is closed first.
                drop(connection.take());
                if std::mem::replace(&mut begun, true) {
                    tell(Turn::Connects).await;
                }
                let target = aimed(target, to);
                let mut opened = match prober.connect(&target, to.linger).await {
                    Ok(opened) => opened,
                    Err(refusal) => return talk.refused(refusal.status, &refusal.words),
                };
                tell(Turn::Connected).await;
                talk.connected();
                if send_proxy {
                    let line = proxy_line(prober.local(&opened), &target);
                    if let Err(words) = prober.send(&mut opened, line.as_bytes()).await {
                        talk.broke(&words);
                    }
                }
                connection = Some(opened);
            }
            Want::Send(bytes) => match connection.as_mut() {
                Some(open) => match prober.send(open, &bytes).await {
                    Ok(()) => talk.sent(),
                    Err(words) => talk.broke(&words),
                },
                // No script begins so.
                None => talk.broke("not connected"),
            },
            Want::Receive => {
                buffer.resize(MAX_ANSWER_BYTES, 0);
                match connection.as_mut() {
                    Some(open) => match prober.receive(open, &mut buffer).await {
                        Ok(0) => talk.ended(),
                        Ok(count) => talk.received(&buffer[..count]),
                        Err(words) => talk.broke(&words),
                    },
                    None => talk.ended(),
                }
            }
            Want::Over(outcome) => return outcome,
        }
    }
}

/// Where a step connects to: its own address and port go before those of the endpoint's checks.
fn aimed(target: &Target, to: Connect) -> Target {
    let own = match target {
        Target::Ip(address) => Some(*address),
        Target::Unix(_) => None,
    };
    let port = to.port.map(std::num::NonZeroU16::get).or(own.map(|own| own.port()));
    match (to.address.or(own.map(|own| own.ip())), port) {
        (Some(ip), Some(port)) => Target::Ip(SocketAddr::new(ip, port)),
        _ => target.clone(),
    }
}

/// The PROXY protocol's first version, about the connection itself.
fn proxy_line(local: Option<SocketAddr>, target: &Target) -> String {
    match (local, target) {
        (Some(from), Target::Ip(to)) if from.is_ipv4() == to.is_ipv4() => {
            let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
            format!("PROXY {family} {} {} {} {}\r\n", from.ip(), to.ip(), from.port(), to.port())
        }
        _ => "PROXY UNKNOWN\r\n".to_owned(),
    }
}

/// Probes over the network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network;

impl Prober for Network {
    type Connection = Stream;

    async fn connect(&self, target: &Target, linger: bool) -> Result<Stream, Refusal> {
        let connected = match Connecting::start(target, None) {
            Ok(connecting) => {
                let mut connecting = pin!(connecting);
                poll_fn(|cx| connecting.poll(cx)).await
            }
            Err(error) => Err(error),
        };
        let stream = connected.map_err(|error| refused(&error))?;
        if !linger {
            // Thousands of probes a second would keep as many ports waiting (HAProxy closes its checks this way too).
            stream.reset_on_close();
        }
        Ok(stream)
    }

    fn local(&self, stream: &Stream) -> Option<SocketAddr> {
        match stream.local()? {
            Peer::Ip(address) => Some(address),
            Peer::Unix => None,
        }
    }

    async fn send(&self, stream: &mut Stream, mut bytes: &[u8]) -> Result<(), String> {
        while !bytes.is_empty() {
            match poll_fn(|cx| stream.poll_write(cx, bytes)).await {
                Ok(0) => return Err(words(&io::ErrorKind::WriteZero.into())),
                Ok(written) => bytes = &bytes[written..],
                Err(error) => return Err(words(&error)),
            }
        }
        Ok(())
    }

    async fn receive(&self, stream: &mut Stream, into: &mut [u8]) -> Result<usize, String> {
        poll_fn(|cx| stream.poll_read(cx, into)).await.map_err(|error| words(&error))
    }
}

fn refused(error: &ConnectError) -> Refusal {
    let (status, error) = match error {
        ConnectError::Exhausted(error) => (Status::SocketError, error),
        ConnectError::Refused(error) if error.kind() == io::ErrorKind::TimedOut => (Status::L4Timeout, error),
        ConnectError::Refused(error) => (Status::L4Connection, error),
    };
    Refusal { status, words: words(error) }
}

/// As strerror says it: `Connection refused`.
fn words(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => Errno::from_raw(number).desc().to_owned(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
