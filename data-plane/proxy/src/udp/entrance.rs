//! The socket that clients send to, and the sessions that came by it. One per listener and worker.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::rc::Rc;

use tokio::sync::Notify;

use super::MAX_SESSIONS;
use super::inbox::{Arrived, Inbox};
use super::outbox::{Outbox, Sent, Way};
use super::session::{Again, Session};
use super::table::{Flow, Table};

thread_local! {
    /// Room for datagrams in passing, one of each for all sessions of a worker.
    static BOXES: RefCell<Option<(Box<Inbox>, Box<Outbox>)>> = const { RefCell::new(None) };
}

/// Lends the room for datagrams; `use_them` must not come back here.
pub(super) fn with_boxes<T>(use_them: impl FnOnce(&mut Inbox, &mut Outbox) -> T) -> T {
    BOXES.with_borrow_mut(|boxes| {
        let (inbox, outbox) = boxes.get_or_insert_with(|| (Box::new(Inbox::new()), Box::new(Outbox::new())));
        use_them(inbox, outbox)
    })
}

#[derive(Debug)]
pub(super) struct Entrance {
    pub(super) socket: Rc<UdpSocket>,
    /// Where it is bound.
    pub(super) local: SocketAddr,
    pub(super) sessions: RefCell<Table<Rc<Session>>>,
    /// Whether the kernel cuts datagrams to clients.
    cuts: Cell<bool>,
    /// First datagrams that nobody took: no more than sessions that ended at once.
    again: RefCell<Vec<Again>>,
    raised: Notify,
}

impl Entrance {
    pub(super) fn new(socket: Rc<UdpSocket>) -> io::Result<Self> {
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            local,
            sessions: RefCell::new(Table::new(MAX_SESSIONS)),
            cuts: Cell::new(true),
            again: RefCell::default(),
            raised: Notify::new(),
        })
    }

    /// Has another endpoint found for a datagram, by [`Entrance::to_try_again`].
    pub(super) fn try_again(&self, again: Again) {
        self.again.borrow_mut().push(again);
        self.raised.notify_one();
    }

    /// Waits for such datagrams.
    pub(super) async fn raised(&self) {
        self.raised.notified().await;
    }

    /// Those that there are.
    pub(super) fn to_try_again(&self) -> Vec<Again> {
        self.again.take()
    }

    /// Who talks with whom in what has come.
    pub(super) fn flow(&self, arrived: &Arrived<'_>) -> Option<Flow> {
        let local = arrived.to.filter(|_| self.local.ip().is_unspecified());
        Some(Flow { client: arrived.from?, local })
    }

    /// Where a client of this flow has sent to.
    pub(super) fn address_of(&self, flow: &Flow) -> SocketAddr {
        SocketAddr::new(flow.local.unwrap_or(self.local.ip()), self.local.port())
    }

    /// Sends to a client, from the address that it has sent to.
    pub(super) fn answer(&self, flow: &Flow, run: &[Arrived<'_>], outbox: &mut Outbox) -> Sent {
        let way = Way { to: Some(flow.client), from: flow.local };
        let mut cuts = self.cuts.get();
        let sent = outbox.send(self.socket.as_fd(), run, &way, &mut cuts);
        self.cuts.set(cuts);
        sent
    }

    /// Receives nothing from now on, and still sends: connected to itself, it is no socket that the kernel gives what
    /// clients send to. Another process that has the port gets it, where there is one.
    pub(super) fn close(&self) -> io::Result<()> {
        let ip = match self.local.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        self.socket.connect(SocketAddr::new(ip, self.local.port()))
    }
}
