//! The floor for datagrams: the address of each client gets a socket to a server, as it does in proxies, and keeps it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddrV4;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::net::{self, DATAGRAM, Happened, Interest, Poll, slot};

/// Datagrams taken before others get their turn.
const TURN: usize = 64;

/// Relays to the servers in turns until the process is ended.
pub(crate) fn run(socket: &OwnedFd, servers: &[u16]) -> io::Result<()> {
    let poll = Poll::new()?;
    poll.add(socket, slot(socket), Interest::IN)?;
    let mut floor =
        Floor { poll, by_client: HashMap::new(), by_slot: HashMap::new(), buffer: vec![0; DATAGRAM] };
    let mut turns = servers.iter().copied().cycle();
    let mut happened = Vec::new();
    loop {
        floor.poll.wait(None, &mut happened)?;
        for &Happened { token, .. } in &happened {
            if token == slot(socket) {
                floor.requests(socket, &mut turns)?;
            } else {
                floor.answers(socket, token)?;
            }
        }
    }
}

struct Floor {
    poll: Poll,
    by_client: HashMap<SocketAddrV4, Rc<Session>>,
    by_slot: HashMap<usize, Rc<Session>>,
    buffer: Vec<u8>,
}

struct Session {
    client: SocketAddrV4,
    server: OwnedFd,
}

impl Floor {
    fn requests(&mut self, socket: &OwnedFd, turns: &mut impl Iterator<Item = u16>) -> io::Result<()> {
        for _ in 0..TURN {
            let Some((length, client)) = net::receive_from(socket, &mut self.buffer)? else { break };
            if !self.by_client.contains_key(&client)
                && let Some(server) = turns.next()
            {
                self.open(client, server)?;
            }
            if let Some(session) = self.by_client.get(&client) {
                net::send(&session.server, &self.buffer[..length])?;
            }
        }
        Ok(())
    }

    fn open(&mut self, client: SocketAddrV4, server: u16) -> io::Result<()> {
        let server = net::datagrams_to(server)?;
        let at = slot(&server);
        self.poll.add(&server, at, Interest::IN)?;
        let session = Rc::new(Session { client, server });
        self.by_slot.insert(at, Rc::clone(&session));
        self.by_client.insert(client, session);
        Ok(())
    }

    fn answers(&mut self, socket: &OwnedFd, at: usize) -> io::Result<()> {
        let Some(session) = self.by_slot.get(&at) else { return Ok(()) };
        for _ in 0..TURN {
            let Some(length) = net::receive(&session.server, &mut self.buffer)? else { break };
            net::send_to(socket, &self.buffer[..length], session.client)?;
        }
        Ok(())
    }
}
