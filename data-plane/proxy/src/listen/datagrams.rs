//! What a socket has that takes datagrams.

use std::io;
use std::net::SocketAddr;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::Socket;

/// Bytes that may wait to be received, as far as the host lets them: what comes while a worker is busy elsewhere.
const BUFFER: usize = 4 << 20;

/// Gives it to a bound socket. Where it has many addresses, it tells which one a datagram was sent to, so that the answer
/// leaves from there; and the kernel may hand over datagrams of one client together (udp(7): UDP_GRO, since Linux 5.0).
pub(super) fn prepare(socket: &Socket, local: SocketAddr) -> io::Result<()> {
    // The host may let it have less: it is to be had as far as it goes.
    let _ = socket.set_recv_buffer_size(BUFFER);
    if local.ip().is_unspecified() {
        match local {
            SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4PacketInfo, &true)?,
            SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
    }
    // Without it datagrams come one by one.
    let _ = setsockopt(socket, sockopt::UdpGroSegment, &true);
    Ok(())
}
