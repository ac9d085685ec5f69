//! Connections to endpoints that carry many exchanges.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use h2::Ping;
use h2::client::{Connection, SendRequest};
use sluicegate_model::process::Http2Side;

use super::answering::Way;
use super::asking::Asking;
use super::count::Count;
use super::lane::Lane;
use super::ledger::Ledger;
use super::wire::Wire;
use super::{broken, limits, unfit};
use crate::live::Reserve;
use crate::stream::Stream;

/// A connection that carries many exchanges.
pub(crate) struct Trunk {
    requests: SendRequest<Bytes>,
    way: Way,
    count: Arc<Count>,
    /// Streams at one time.
    most: usize,
    /// Exchanges so far.
    served: u32,
    /// It counts as an idle connection.
    rest: Option<Rest>,
}

/// How a connection is to begin.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    pub(crate) side: Http2Side,
    /// It waits until the server has said what it can do.
    pub(crate) acquainted: bool,
    /// `None`: it is not counted.
    pub(crate) ledger: Option<Ledger>,
}

/// One idle connection, counted for as long as this lives.
struct Rest {
    reserve: Arc<Reserve>,
    proven: bool,
}

impl Drop for Rest {
    fn drop(&mut self) {
        self.reserve.release(self.proven);
    }
}

/// What drives a connection: it ends when its last stream has, and nobody opens another one.
pub(crate) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Trunk {
    /// Begins to speak HTTP/2 over a connection that stands.
    ///
    /// # Errors
    /// Where it breaks at once.
    pub(crate) async fn begin(stream: Stream, terms: Terms) -> io::Result<(Self, Driver)> {
        let Terms { side, acquainted, ledger } = terms;
        let way = Way::of(&stream);
        stream.hurry();
        let count = Count::of(ledger.clone());
        let wire = Wire::to_server(stream, ledger);
        let (requests, mut driver) = limits::to_server(&side).handshake(wire).await.map_err(broken)?;
        if acquainted {
            acquaint(&mut driver).await?;
        }
        let most = limits::most_streams(&side);
        let trunk = Self { requests, way, count, most, served: 0, rest: None };
        // What befell it, its streams tell.
        Ok((trunk, Box::pin(async { drop(driver.await) })))
    }

    /// Opens a stream; `None`: there is no room for one, or the connection ends.
    pub(crate) fn lane(&mut self) -> Option<Lane> {
        let ready = self.requests.poll_ready(&mut Context::from_waker(Waker::noop()));
        let most = self.requests.current_max_send_streams().min(self.most);
        if !matches!(ready, Poll::Ready(Ok(()))) || self.count.alive() as usize >= most {
            return None;
        }
        self.served = self.served.saturating_add(1);
        self.rest = None;
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

    /// Whether it was closed.
    pub(super) fn is_over(&mut self) -> bool {
        let ready = self.requests.poll_ready(&mut Context::from_waker(Waker::noop()));
        matches!(ready, Poll::Ready(Err(_)))
    }

    /// Whether it counts as idle.
    pub(super) fn rests(&self) -> bool {
        self.rest.is_some()
    }

    /// Has it count as idle where nobody uses it; `false`: there may be no more of those.
    pub(super) fn settle(&mut self, reserve: &Arc<Reserve>) -> bool {
        if self.rests() || self.count.alive() > 0 {
            return true;
        }
        let proven = self.served > 1;
        let may_rest = reserve.pool().purge_delay.is_some() && reserve.admit(proven);
        self.rest = may_rest.then(|| Rest { reserve: Arc::clone(reserve), proven });
        may_rest
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
