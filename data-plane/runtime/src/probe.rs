//! One probe of one endpoint: does what its script wants done.
//!
//! Time is kept by who starts the probe: dropping a future here gives the probe up.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use nix::errno::Errno;
use sluicegate_engine::proxy_protocol::{Known, write};
use sluicegate_engine::stream::{Peer, Stream, Target, single_lane};
use sluicegate_engine::udp;
use sluicegate_engine::upstream::{self, ConnectError, Connecting};
use sluicegate_health::script::{Awaited, Connect, Errand};
use sluicegate_health::{MAX_ANSWER_BYTES, Outcome, Status, Talk, Want};
use sluicegate_model::endpoint::CheckTls;
use sluicegate_model::outgoing::{Outgoing, ProxyHeader, ProxyVersion};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::program::{self, Ended};

/// Where probes of an endpoint go.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) target: Target,
    /// What its connections have that others have not, as those of its traffic; `None`: nothing.
    pub(crate) outgoing: Option<Arc<Outgoing>>,
    /// How they speak TLS, where they do.
    pub(crate) tls: Option<Arc<CheckTls>>,
}

/// Why there is no connection.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: Status,
    /// The system's own words; may be empty.
    pub(crate) words: String,
}

/// Makes connections and talks over them, and runs programs. The seam at which tests put endpoints of their own.
pub(crate) trait Prober: Send + Sync + 'static {
    /// A connection that stands.
    type Connection: Send + 'static;

    /// Connects, in the form and with the end that a step asks for; where `way` leads to.
    fn connect(
        &self,
        way: &Way,
        form: &Connect,
    ) -> impl Future<Output = Result<Self::Connection, Refusal>> + Send;

    /// Comes to an agreement on TLS over a connection, with what a step says of it.
    fn agree(
        &self,
        connection: Self::Connection,
        tls: &CheckTls,
        to: &Connect,
    ) -> impl Future<Output = Result<Self::Connection, Refusal>> + Send;

    /// Speaks HTTP/2 over it from now on: what is sent and received is one exchange, in the words of HTTP/1.1. Fails with the
    /// system's words.
    fn speak_http2(
        &self,
        connection: Self::Connection,
    ) -> impl Future<Output = Result<Self::Connection, String>> + Send;

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

    /// Runs a program; fails where this host has no process to give. Dropping the future ends it.
    fn run(&self, errand: &Errand) -> impl Future<Output = Result<Ended, Refusal>> + Send;
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
    way: &Way,
    mut talk: Talk,
    at: &AtomicUsize,
    tell: impl Fn(Turn) -> F + Send + Sync,
) -> Outcome {
    let mut connection = None;
    let (mut begun, mut is_udp) = (false, false);
    let mut buffer = Vec::new();
    loop {
        let want = talk.want();
        at.store(talk.step(), Relaxed);
        match want {
            Want::Connect { to, send_proxy, tls, http2 } => {
                // The one before is closed first.
                drop(connection.take());
                if std::mem::replace(&mut begun, true) {
                    tell(Turn::Connects).await;
                }
                is_udp = to.udp;
                let way = Way { target: aimed(&way.target, &to), ..way.clone() };
                // A reset would take along what ends a connection of HTTP/2.
                let to = Connect { linger: to.linger || http2, ..to };
                let mut opened = match prober.connect(&way, &to).await {
                    Ok(opened) => opened,
                    Err(refusal) => return talk.refused(refusal.status, &refusal.words),
                };
                let header = send_proxy.then(|| proxy_header(prober.local(&opened), &way));
                if tls {
                    at.store(talk.step() | AGREEING, Relaxed);
                    opened = match secure(prober, &way, opened, &to, header.as_deref()).await {
                        Ok(secured) => secured,
                        Err(refusal) => return talk.refused(refusal.status, &refusal.words),
                    };
                }
                tell(Turn::Connected).await;
                talk.connected();
                if let Some(header) = header.filter(|_| !tls)
                    && let Err(words) = prober.send(&mut opened, &header).await
                {
                    talk.broke(&words);
                }
                connection = if http2 {
                    prober.speak_http2(opened).await.map_err(|words| talk.broke(&words)).ok()
                } else {
                    Some(opened)
                };
            }
            Want::Send(bytes) => match connection.as_mut() {
                Some(open) => match prober.send(open, &bytes).await {
                    Ok(()) => talk.sent(),
                    // Datagrams are refused one by one, as a connection is as a whole.
                    Err(words) if is_udp => return talk.refused(Status::L4Connection, &words),
                    Err(words) => talk.broke(&words),
                },
                // No script begins so; HTTP/2 may not have begun.
                None => talk.broke("not connected"),
            },
            Want::Receive => {
                buffer.resize(MAX_ANSWER_BYTES, 0);
                match connection.as_mut() {
                    Some(open) => match prober.receive(open, &mut buffer).await {
                        Ok(0) => talk.ended(),
                        Ok(count) => talk.received(&buffer[..count]),
                        Err(words) if is_udp => return talk.refused(Status::L4Connection, &words),
                        Err(words) => talk.broke(&words),
                    },
                    None => talk.ended(),
                }
            }
            Want::Run(errand) => {
                return match prober.run(&errand).await {
                    Ok(Ended { code, words }) => talk.exited(code, &words),
                    Err(refusal) => talk.refused(refusal.status, &refusal.words),
                };
            }
            Want::Over(outcome) => return outcome,
        }
    }
}

/// Beside the number of a step: it has a connection, and no agreement on TLS yet.
const AGREEING: usize = 1 << (usize::BITS - 1);

/// Which step a probe is at, as [`hold`] tells it, and what it waits for there.
pub(crate) fn awaited(at: usize, connecting: bool) -> (usize, Awaited) {
    let awaited = match (connecting, at & AGREEING) {
        (false, _) => Awaited::Answer,
        (true, 0) => Awaited::Connection,
        (true, _) => Awaited::Agreement,
    };
    (at & !AGREEING, awaited)
}

/// What is in clear goes first.
async fn secure<P: Prober>(
    prober: &P,
    way: &Way,
    mut connection: P::Connection,
    to: &Connect,
    header: Option<&[u8]>,
) -> Result<P::Connection, Refusal> {
    let refusal = |words| Refusal { status: Status::L6Response, words };
    let Some(tls) = &way.tls else { return Err(refusal("no TLS is configured for its checks".to_owned())) };
    if let Some(header) = header {
        prober.send(&mut connection, header).await.map_err(refusal)?;
    }
    prober.agree(connection, tls, to).await
}

/// Where a step connects to: its own address and port go before those of the endpoint's checks.
fn aimed(target: &Target, to: &Connect) -> Target {
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

/// A header of the PROXY protocol about the connection itself, of the form that the traffic of the way has, or a line. As
/// HAProxy has it the line tells its ends, and the second version that it is nobody's but this host's (LOCAL).
fn proxy_header(local: Option<SocketAddr>, way: &Way) -> Vec<u8> {
    let of_traffic = way.outgoing.as_ref().and_then(|outgoing| outgoing.proxy_header);
    let form = of_traffic.unwrap_or(ProxyHeader::LINE);
    let ends = match (form.version, &way.target) {
        (ProxyVersion::One, Target::Ip(to)) => local.zip(Some(*to)),
        (ProxyVersion::One, Target::Unix(_)) | (ProxyVersion::Two, _) => None,
    };
    let mut header = Vec::new();
    write(&form, ends, Known::default(), &mut header);
    header
}

/// Probes over the network, and by programs of this host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network;

/// What a probe talks over.
#[derive(Debug)]
pub(crate) enum Line {
    Stream(Stream),
    Datagrams(UdpSocket),
}

impl Prober for Network {
    type Connection = Line;

    async fn connect(&self, way: &Way, form: &Connect) -> Result<Line, Refusal> {
        if form.udp {
            return datagrams(way).map(Line::Datagrams);
        }
        let connected = match Connecting::start(&way.target, way.outgoing.as_deref()) {
            Ok(connecting) => {
                let mut connecting = pin!(connecting);
                poll_fn(|cx| connecting.poll(cx)).await
            }
            Err(error) => Err(error),
        };
        let stream = connected.map_err(|error| refused(&error, way))?;
        if !form.linger {
            // Thousands of probes a second would keep as many ports waiting (HAProxy closes its checks this way too).
            stream.reset_on_close();
        }
        Ok(Line::Stream(stream))
    }

    async fn agree(&self, line: Line, tls: &CheckTls, to: &Connect) -> Result<Line, Refusal> {
        let Line::Stream(stream) = line else { return Ok(line) };
        let name = to.server_name.as_deref().or(tls.server_name.as_deref());
        upstream::agree(stream, &tls.client, name, &to.protocols)
            .await
            .map(Line::Stream)
            .map_err(|error| Refusal { status: Status::L6Response, words: error.to_string() })
    }

    async fn speak_http2(&self, line: Line) -> Result<Line, String> {
        let Line::Stream(stream) = line else { return Ok(line) };
        single_lane(stream).await.map(Line::Stream).map_err(|error| words(&error))
    }

    fn local(&self, line: &Line) -> Option<SocketAddr> {
        match line {
            Line::Stream(stream) => stream.local().and_then(Peer::ip),
            Line::Datagrams(socket) => socket.local_addr().ok(),
        }
    }

    async fn send(&self, line: &mut Line, mut bytes: &[u8]) -> Result<(), String> {
        let stream = match line {
            Line::Stream(stream) => stream,
            Line::Datagrams(socket) => {
                return socket.send(bytes).await.map(drop).map_err(|error| words(&error));
            }
        };
        while !bytes.is_empty() {
            match poll_fn(|cx| stream.poll_write(cx, bytes)).await {
                Ok(0) => return Err(words(&io::ErrorKind::WriteZero.into())),
                Ok(written) => bytes = &bytes[written..],
                Err(error) => return Err(words(&error)),
            }
        }
        Ok(())
    }

    async fn receive(&self, line: &mut Line, into: &mut [u8]) -> Result<usize, String> {
        let received = match line {
            Line::Stream(stream) => poll_fn(|cx| stream.poll_read(cx, into)).await,
            Line::Datagrams(socket) => datagram(socket, into).await,
        };
        received.map_err(|error| words(&error))
    }

    async fn run(&self, errand: &Errand) -> Result<Ended, Refusal> {
        program::run(errand).await
    }
}

/// The next datagram that says something: an empty one is no end.
async fn datagram(socket: &UdpSocket, into: &mut [u8]) -> io::Result<usize> {
    loop {
        let ready = socket.ready(Interest::READABLE | Interest::ERROR).await?;
        if ready.is_error() {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            // It was no news.
            let _ = socket.try_io(Interest::ERROR, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
        }
        match socket.try_recv(into) {
            Ok(0) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            received => return received,
        }
    }
}

fn datagrams(way: &Way) -> Result<UdpSocket, Refusal> {
    let opened = udp::open(&way.target, way.outgoing.as_deref());
    let watched = opened.and_then(|socket| UdpSocket::from_std(socket).map_err(ConnectError::Exhausted));
    watched.map_err(|error| refused(&error, way))
}

fn refused(error: &ConnectError, way: &Way) -> Refusal {
    let source = way.outgoing.as_ref().and_then(|outgoing| outgoing.source.as_ref());
    let (status, error) = match error {
        ConnectError::Exhausted(error) | ConnectError::Refused(error)
            if source.is_some() && is_about_source(error) =>
        {
            let words = format!("Can't bind to source address ({})", words(error));
            return Refusal { status: Status::L4Connection, words };
        }
        ConnectError::Foreign(error) => {
            let words = format!("Can't bind to source address ({error})");
            return Refusal { status: Status::L4Connection, words };
        }
        ConnectError::Handshake(_) | ConnectError::Name(_) => {
            return Refusal { status: Status::L6Response, words: error.to_string() };
        }
        ConnectError::Exhausted(error) => (Status::SocketError, error),
        ConnectError::Refused(error) if error.kind() == io::ErrorKind::TimedOut => (Status::L4Timeout, error),
        ConnectError::Refused(error) => (Status::L4Connection, error),
    };
    Refusal { status, words: words(error) }
}

/// Errors that say that a connection cannot leave from where it should.
fn is_about_source(error: &io::Error) -> bool {
    let about = [Errno::EADDRNOTAVAIL, Errno::EADDRINUSE, Errno::EAFNOSUPPORT, Errno::EACCES];
    about.iter().any(|&about| error.raw_os_error() == Some(about as i32))
}

/// As strerror says it: `Connection refused`; nothing of what is no HTTP/2, as HAProxy.
pub(crate) fn words(error: &io::Error) -> String {
    match (error.raw_os_error(), error.kind()) {
        (Some(number), _) => Errno::from_raw(number).desc().to_owned(),
        (None, io::ErrorKind::ConnectionReset) => Errno::ECONNRESET.desc().to_owned(),
        (None, io::ErrorKind::InvalidData) => String::new(),
        (None, _) => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
