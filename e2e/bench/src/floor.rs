//! The floor: a relay that reads and writes and parses nothing. One thread, one connection to a server for each of a
//! client. What a small message costs here is what the kernel takes for it; nothing that reads and writes gets below.

pub(crate) mod datagrams;

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::Shutdown;

use crate::net::{self, Happened, Interest, Poll, slot};

/// Bytes moved at a time.
const BUFFER: usize = 64 * 1024;

/// Connections taken before others get their turn.
const ACCEPTS: usize = 64;

/// One side of a pair.
struct End {
    socket: OwnedFd,
    /// The slot of the other side.
    other: usize,
    /// Nothing more comes from this side.
    ended: bool,
    /// The connection is under way.
    connecting: bool,
    /// Bytes for this side that its socket did not take yet.
    pending: Vec<u8>,
    interest: Interest,
}

/// Relays to the servers in turns until the process is ended.
pub(crate) fn run(listener: &OwnedFd, servers: &[u16]) -> io::Result<()> {
    let poll = Poll::new()?;
    poll.add(listener, slot(listener), Interest::IN)?;
    let mut floor = Floor { poll, ends: Vec::new(), buffer: vec![0; BUFFER] };
    let mut turns = servers.iter().copied().cycle();
    let mut happened = Vec::new();
    loop {
        floor.poll.wait(None, &mut happened)?;
        for &event in &happened {
            if event.token != slot(listener) {
                floor.event(event);
                continue;
            }
            for _ in 0..ACCEPTS {
                let (Some(client), Some(server)) = (net::accept(listener)?, turns.next()) else { break };
                floor.pair(client, server)?;
            }
        }
    }
}

struct Floor {
    poll: Poll,
    ends: Vec<Option<End>>,
    buffer: Vec<u8>,
}

impl Floor {
    fn pair(&mut self, client: OwnedFd, server: u16) -> io::Result<()> {
        let server = net::connect(server)?;
        let (near, far) = (slot(&client), slot(&server));
        self.put(End::new(client, far, false))?;
        self.put(End::new(server, near, true))
    }

    fn put(&mut self, end: End) -> io::Result<()> {
        let at = slot(&end.socket);
        self.poll.add(&end.socket, at, end.interest)?;
        if self.ends.len() <= at {
            self.ends.resize_with(at + 1, || None);
        }
        self.ends[at] = Some(end);
        Ok(())
    }

    fn event(&mut self, event: Happened) {
        let Some(mut here) = self.ends.get_mut(event.token).and_then(Option::take) else { return };
        let at = here.other;
        let Some(mut there) = self.ends.get_mut(at).and_then(Option::take) else { return };
        if relay(event.interest, &mut here, &mut there, &mut self.buffer).is_ok()
            && watch(&self.poll, &mut here, &there).is_ok()
            && watch(&self.poll, &mut there, &here).is_ok()
        {
            self.ends[event.token] = Some(here);
            self.ends[at] = Some(there);
        }
    }
}

impl End {
    fn new(socket: OwnedFd, other: usize, connecting: bool) -> Self {
        let interest = if connecting { Interest::IN | Interest::OUT } else { Interest::IN };
        Self { socket, other, ended: false, connecting, pending: Vec::new(), interest }
    }

    fn is_blocked(&self) -> bool {
        self.connecting || !self.pending.is_empty()
    }

    /// Writes what it can and keeps the rest.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = if self.is_blocked() { 0 } else { net::send(&self.socket, bytes)?.unwrap_or(0) };
        self.pending.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            let written = net::send(&self.socket, &self.pending)?.unwrap_or(0);
            self.pending.drain(..written);
            if self.pending.is_empty() {
                self.pending = Vec::new();
            }
        }
        Ok(())
    }
}

/// Moves what an event of `here` allows. An error ends the pair.
fn relay(interest: Interest, here: &mut End, there: &mut End, buffer: &mut [u8]) -> io::Result<()> {
    if interest.contains(Interest::ERR) {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    if interest.contains(Interest::OUT) {
        here.connecting = false;
        here.flush()?;
    }
    if interest.intersects(Interest::IN | Interest::HUP) && !here.ended && !there.is_blocked() {
        match net::receive(&here.socket, buffer)? {
            None => {}
            Some(0) => here.ended = true,
            Some(read) => there.write(&buffer[..read])?,
        }
    }
    if here.ended && there.ended {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    for (from, to) in [(&*here, &*there), (&*there, &*here)] {
        if from.ended && !to.is_blocked() {
            rustix::net::shutdown(&to.socket, Shutdown::Write)?;
        }
    }
    Ok(())
}

/// Reads unless the other side is clogged; writes where something waits.
fn watch(poll: &Poll, end: &mut End, other: &End) -> io::Result<()> {
    let read = if end.ended || other.is_blocked() { Interest::empty() } else { Interest::IN };
    let write = if end.is_blocked() { Interest::OUT } else { Interest::empty() };
    if read | write != end.interest {
        end.interest = read | write;
        poll.modify(end.socket.as_fd(), slot(&end.socket), end.interest)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn bytes_that_a_full_socket_refuses_come_later_and_in_order() {
        let (near, mut far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let mut end = End::new(near.into(), 0, false);
        let bytes: Vec<u8> = (0..8 << 20).map(|number: u32| (number % 251) as u8).collect();
        let (mut received, mut piece) = (Vec::new(), vec![0; BUFFER]);
        let mut was_blocked = false;
        for part in bytes.chunks(BUFFER) {
            // There is room again, but what waits goes first.
            if end.is_blocked() {
                was_blocked = true;
                let read = far.read(&mut piece).unwrap();
                received.extend_from_slice(&piece[..read]);
            }
            end.write(part).unwrap();
            end.flush().unwrap();
        }
        assert!(was_blocked, "no socket takes so much");
        while received.len() < bytes.len() {
            let read = far.read(&mut piece).unwrap();
            received.extend_from_slice(&piece[..read]);
            end.flush().unwrap();
        }
        assert!(received == bytes && !end.is_blocked());
    }
}
