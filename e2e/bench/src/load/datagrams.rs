//! Clients that send datagrams. Each place is a socket of its own, which a proxy takes for a session; a datagram is answered
//! when it comes back as it was.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use super::Plan;
use super::clients::{Clients, Done, Totals};
use crate::net::{self, Happened, Interest, Poll};

/// Bytes of a datagram.
const LENGTH: usize = 64;

/// A datagram that has not come back then is lost.
const LOST: Duration = Duration::from_millis(500);

/// Between two looks for those that are lost.
const GLANCE: Duration = Duration::from_millis(100);

/// All sockets, and what they share.
pub(super) struct Datagrams {
    sessions: Vec<Session>,
    /// How many were sent; each has its number in it.
    sent: u64,
    poll: Poll,
    happened: Vec<Happened>,
    looked: Instant,
    totals: Totals,
}

struct Session {
    socket: OwnedFd,
    /// The number of the datagram that is under way, and when it left.
    under_way: Option<(u64, Instant)>,
}

impl Datagrams {
    pub(super) fn new(plan: &Plan) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut sessions = Vec::with_capacity(plan.connections);
        for place in 0..plan.connections {
            let socket = net::datagrams_to(plan.port)?;
            poll.add(&socket, place, Interest::IN)?;
            sessions.push(Session { socket, under_way: None });
        }
        let (happened, looked, totals) = (Vec::new(), Instant::now(), Totals::default());
        Ok(Self { sessions, sent: 0, poll, happened, looked, totals })
    }

    /// Those that are lost.
    fn look(&mut self, done: &mut Vec<Done>) {
        self.looked = Instant::now();
        for (place, session) in self.sessions.iter_mut().enumerate() {
            if session.under_way.is_some_and(|(_, left)| self.looked - left >= LOST) {
                session.under_way = None;
                done.push(Done { place, ok: false });
            }
        }
    }
}

impl Clients for Datagrams {
    fn start(&mut self, place: usize) -> bool {
        self.sent += 1;
        let session = &mut self.sessions[place];
        session.under_way = Some((self.sent, Instant::now()));
        // What a refusal of before left behind is told by the first call after it.
        let send = || matches!(net::send(&session.socket, &datagram(self.sent)), Ok(Some(LENGTH)));
        let sent = send() || send();
        if !sent {
            session.under_way = None;
        }
        sent
    }

    fn turn(&mut self, limit: Duration, done: &mut Vec<Done>) -> io::Result<()> {
        done.clear();
        self.poll.wait(Some(limit.min(GLANCE)), &mut self.happened)?;
        for &Happened { token: place, .. } in &self.happened {
            let session = &mut self.sessions[place];
            let mut came = [0; LENGTH + 1];
            let received = net::receive(&session.socket, &mut came);
            let Some((number, _)) = session.under_way else { continue };
            let ok = match received {
                Ok(Some(length)) if came[..length] == datagram(number) => true,
                // One that was given up, or nothing.
                Ok(_) => continue,
                Err(_) => false,
            };
            session.under_way = None;
            self.totals.bytes += if ok { LENGTH as u64 } else { 0 };
            done.push(Done { place, ok });
        }
        if self.looked.elapsed() >= GLANCE {
            self.look(done);
        }
        Ok(())
    }

    fn totals(&self) -> Totals {
        self.totals
    }
}

fn datagram(number: u64) -> [u8; LENGTH] {
    let mut datagram = [b'x'; LENGTH];
    datagram[..8].copy_from_slice(&number.to_be_bytes());
    datagram
}
