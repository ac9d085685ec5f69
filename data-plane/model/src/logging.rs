//! Where request logs go, and in which form.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

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
    /// Before the line in RFC 5424's form (HAProxy: log-format-sd).
    pub structured_data: Option<Format>,
    /// Lines of exchanges that went wrong are errors, not information (HAProxy: option log-separate-errors).
    pub separate_errors: bool,
    /// Only exchanges that went wrong have a line (HAProxy: option dontlog-normal).
    pub errors_only: bool,
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
    /// Which lines it gets; `None`: all.
    pub sample: Option<LogSample>,
}

/// Of every so many lines, some.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogSample {
    /// First and last turn of each, from 1; in order, none in another.
    pub ranges: Box<[(u32, u32)]>,
    /// So many turns are a round.
    pub size: NonZeroU32,
}

impl LogSample {
    /// Whether the line of this turn, from 0 and without end, is one.
    pub fn takes(&self, turn: u32) -> bool {
        let turn = turn % self.size + 1;
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&turn))
    }
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
    /// A connection.
    Stream(Arc<LogStream>),
}

/// A connection that lines are sent over, and what may wait for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogStream {
    /// Where to.
    pub peer: LogPeer,
    /// Streams to one peer under several names are several.
    pub name: Option<Box<str>>,
    /// Each line behind its length (RFC 6587 3.4.1), not before a line feed (3.4.2).
    pub octet_counting: bool,
    /// Lines beyond so much are dropped.
    pub buffer_bytes: usize,
    /// For opening it.
    pub connect_timeout: Duration,
    /// It may take nothing for so long; `None`: it is waited for.
    pub write_timeout: Option<Duration>,
}

/// The other end of a [`LogStream`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LogPeer {
    /// TCP.
    Ip(SocketAddr),
    /// TCP, by name.
    Host(HostPort),
    /// A stream socket.
    Unix(UnixName),
}

/// How a log line is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyslogFormat {
    /// RFC 3164.
    Rfc3164,
    /// RFC 5424.
    Rfc5424,
    /// The severity in angle brackets, and the message.
    Short,
    /// The message alone.
    Raw,
    /// RFC 3164 without the host name (HAProxy's default).
    Local,
    /// `<PRI>` and the message.
    Priority,
    /// The severity in angle brackets, RFC 5424's time and the message.
    Timed,
    /// RFC 5424's time and the message.
    Iso,
}
