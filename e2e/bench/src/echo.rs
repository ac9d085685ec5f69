//! The servers behind proxies of datagrams: each datagram is sent back as it came.

use std::io;
use std::os::fd::OwnedFd;

use crate::net::{self, DATAGRAM, Interest, Poll};

/// Answers until the process is ended.
pub(crate) fn run(socket: &OwnedFd) -> io::Result<()> {
    let mut poll = Poll::new()?;
    poll.add(socket, 0, Interest::IN)?;
    let (mut happened, mut datagram) = (Vec::new(), vec![0; DATAGRAM]);
    loop {
        poll.wait(None, &mut happened)?;
        while let Some((length, from)) = net::receive_from(socket, &mut datagram)? {
            // Without room it is lost, as on any network.
            net::send_to(socket, &datagram[..length], from)?;
        }
    }
}
