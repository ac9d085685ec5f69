//! The kernel's probes of connections that are silent (RFC 9293 section 3.8.4; HAProxy: option tcpka).

use std::io;

use sluicegate_model::outgoing::KeepAlive;
use socket2::{Socket, TcpKeepalive};

/// Has the kernel send them. A socket that listens hands it on to those that it accepts.
///
/// # Errors
/// Where the kernel does not take a number.
pub(crate) fn begin(socket: &Socket, wanted: &KeepAlive) -> io::Result<()> {
    let mut probes = TcpKeepalive::new();
    if let Some(idle) = wanted.idle {
        probes = probes.with_time(idle);
    }
    if let Some(interval) = wanted.interval {
        probes = probes.with_interval(interval);
    }
    if let Some(count) = wanted.count {
        probes = probes.with_retries(count.get());
    }
    socket.set_tcp_keepalive(&probes)
}
