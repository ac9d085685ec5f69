//! Where request logs go, and in which form.

use std::net::SocketAddr;

use crate::endpoint::HostPort;
use crate::expr::Format;
use crate::listener::UnixName;

/// Logging of one frontend.
#[derive(Debug, Clone, Default)]
pub struct Logging {
    /// Each gets every line.
    pub targets: Vec<LogTarget>,
    /// The line; `None`: requests are not logged.
    pub format: Option<Format>,
    /// Skip connections on which no data came (HAProxy: option dontlognull).
    pub skip_null: bool,
    /// One line when a request is there or, in TCP mode, a connection, whatever came of it; none for what never was a
    /// request (HAProxy: log without a format).
    pub at_start: bool,
}

/// One receiver of lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogTarget {
    /// Where it receives.
    pub address: LogAddress,
    /// How a line is framed.
    pub format: SyslogFormat,
    /// RFC 5424 6.2.1: 0 to 23.
    pub facility: u8,
    /// Drop what is less severe: 0 emergency to 7 debug.
    pub max_level: u8,
    /// Raise nothing above this severity.
    pub min_level: u8,
    /// Longest line; longer ones are cut.
    pub max_length_bytes: usize,
    /// Syslog tag; `None`: the program's name.
    pub tag: Option<Box<str>>,
    /// Host name in syslog headers; `None`: the host's own.
    pub hostname: Option<Box<str>>,
}

/// Where a receiver of lines is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LogAddress {
    /// UDP.
    Ip(SocketAddr),
    /// UDP, by name.
    Host(HostPort),
    /// A datagram socket.
    Unix(UnixName),
    /// 1: stdout, 2: stderr, others are inherited.
    Descriptor(u32),
}

/// How a log line is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyslogFormat {
    /// RFC 3164.
    Rfc3164,
    /// RFC 5424.
    Rfc5424,
    /// `<PRI>` and the message.
    Short,
    /// The message alone.
    Raw,
    /// RFC 3164 without the host name (HAProxy's default).
    Local,
}
