//! Connections to endpoints that carry many exchanges.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use h2::Ping;
use h2::client::{Builder, Connection, SendRequest};
use rustc_hash::FxHashMap;
use tokio::time::Instant;

use super::answering::Way;
use super::asking::Asking;
use super::count::Count;
use super::lane::Lane;
use super::wire::Wire;
use super::{MOST_FIELD_BYTES, MOST_WAITING, STREAM_WINDOW, broken, unfit};
use crate::live::TransportId;
use crate::stream::Stream;

/// Streams of one connection at one time, also before the server has said how many it takes (HAProxy:
/// tune.h2.be.max-concurrent-streams).
const MOST_STREAMS: usize = 100;
/// Bytes of all streams of a connection that a server may send ahead of who reads them.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// A connection that carries many exchanges.
pub(crate) struct Trunk {
    requests: SendRequest<Bytes>,
    way: Way,
    count: Arc<Count>,
    /// Exchanges so far.
    served: u32,
    /// Its last exchange began.
    used: Instant,
}

/// What drives a connection: it ends when its last stream has, and nobody opens another one.
pub(crate) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Trunk {
    /// Begins to speak HTTP/2 over a connection that stands. `acquainted`: waits until the server has said what it can do.
    ///
    /// # Errors
    /// Where it breaks at once.
    pub(crate) async fn begin(stream: Stream, acquainted: bool, now: Instant) -> io::Result<(Self, Driver)> {
        let way = Way::of(&stream);
        stream.hurry();
        let (requests, mut driver) = Builder::new()
            .enable_push(false)
            .initial_max_send_streams(MOST_STREAMS)
            .max_header_list_size(MOST_FIELD_BYTES)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buffer_size(MOST_WAITING)
            .handshake(Wire::new(stream, Vec::new()))
            .await
            .map_err(broken)?;
        if acquainted {
            acquaint(&mut driver).await?;
        }
        let trunk = Self { requests, way, count: Arc::default(), served: 0, used: now };
        // What befell it, its streams tell.
        Ok((trunk, Box::pin(async { drop(driver.await) })))
    }

    /// Opens a stream; `None`: there is no room for one, or the connection ends.
    pub(crate) fn lane(&mut self, now: Instant) -> Option<Lane> {
        let ready = self.requests.poll_ready(&mut Context::from_waker(Waker::noop()));
        let most = self.requests.current_max_send_streams().min(MOST_STREAMS);
        if !matches!(ready, Poll::Ready(Ok(()))) || self.count.alive() as usize >= most {
            return None;
        }
        (self.served, self.used) = (self.served.saturating_add(1), now);
        let asking = Asking::new(self.requests.clone(), self.way.clone(), &self.count);
        Some(Lane::asking(asking))
    }

    /// Whether its streams may carry other protocols, as far as the server has said (RFC 8441).
    pub(crate) fn extends(&self) -> bool {
        self.requests.is_extended_connect_protocol_enabled()
    }

    /// Exchanges that it has carried, those that go on included.
    pub(crate) fn served(&self) -> u32 {
        self.served
    }

    /// Whether it was closed, or nobody has used it for so long.
    fn is_over(&mut self, now: Instant, patience: Duration) -> bool {
        let ready = self.requests.poll_ready(&mut Context::from_waker(Waker::noop()));
        let idle = self.count.alive() == 0 && now.saturating_duration_since(self.used) >= patience;
        idle || matches!(ready, Poll::Ready(Err(_)))
    }
}

/// Waits for an answer to a PING: a server's settings go before anything else that it sends (RFC 9113 section 3.4).
async fn acquaint(driver: &mut Connection<Wire, Bytes>) -> io::Result<()> {
    let mut pings = driver.ping_pong().ok_or_else(unfit)?;
    pings.send_ping(Ping::opaque()).map_err(broken)?;
    poll_fn(|cx| {
        if Pin::new(&mut *driver).poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        pings.poll_pong(cx).map(|pong| pong.map(drop).map_err(broken))
    })
    .await
}

/// Those of a worker, by what they are good for.
#[derive(Default)]
pub(crate) struct Trunks(RefCell<FxHashMap<TransportId, Vec<Trunk>>>);

impl std::fmt::Debug for Trunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunks").field("keys", &self.0.borrow().len()).finish()
    }
}

impl Trunks {
    /// A stream of one that `will_do`.
    pub(crate) fn lane(
        &self,
        key: TransportId,
        now: Instant,
        will_do: impl Fn(&Trunk) -> bool,
    ) -> Option<Lane> {
        let mut all = self.0.borrow_mut();
        let trunks = all.get_mut(&key)?;
        trunks.iter_mut().filter(|trunk| will_do(trunk)).find_map(|trunk| trunk.lane(now))
    }

    /// Keeps one for others.
    pub(crate) fn keep(&self, key: TransportId, trunk: Trunk) {
        self.0.borrow_mut().entry(key).or_default().push(trunk);
    }

    /// Lets go of those that were closed, and of those that nobody needed for so long.
    pub(crate) fn sweep(&self, now: Instant, patience: Duration) {
        self.0.borrow_mut().retain(|_, trunks| {
            trunks.retain_mut(|trunk| !trunk.is_over(now, patience));
            !trunks.is_empty()
        });
    }

    /// Lets go of all: each ends when its last exchange does.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
