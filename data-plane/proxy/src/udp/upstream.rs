//! The socket of a session towards its endpoint.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use sluicegate_model::outgoing::Outgoing;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::stream::Target;
use crate::upstream::{ConnectError, leave};

/// A socket that exchanges datagrams with one peer, and with what else its kind is to have. It does not wait.
///
/// # Errors
/// Where there is no way to the peer, it has no IP address, or this host has nothing left to send from.
pub fn open(target: &Target, outgoing: Option<&Outgoing>) -> Result<UdpSocket, ConnectError> {
    let Target::Ip(address) = target else {
        return Err(ConnectError::Refused(io::ErrorKind::AddrNotAvailable.into()));
    };
    let mut tries = outgoing.map_or(1, leave::tries);
    loop {
        tries -= 1;
        match attempt(*address, outgoing) {
            Err(error) if tries > 0 && leave::is_taken(&error) => {}
            opened => return Ok(opened?),
        }
    }
}

fn attempt(address: SocketAddr, outgoing: Option<&Outgoing>) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    if let Some(outgoing) = outgoing {
        leave::prepare_datagrams(&socket, outgoing)?;
    }
    socket.connect(&SockAddr::from(address))?;
    Ok(socket.into())
}
