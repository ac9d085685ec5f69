//! Settings of the whole process.

use std::num::NonZeroU32;
use std::time::Duration;

/// HAProxy: global.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Connections of clients at one time over all frontends, cut down to what the file limit has room for; `None`: as
    /// many as that.
    pub max_connections: Option<NonZeroU32>,
    /// Name of this node in logs and pages; `None`: the host's.
    pub node: Option<Box<str>>,
    /// For people.
    pub description: Option<Box<str>>,
    /// Time after a soft stop when what is left is closed; `None`: never.
    pub hard_stop_after: Option<Duration>,
    /// How health checks are kept from coming in step.
    pub spread: Spread,
    /// Connections of HTTP/2.
    pub http2: Http2Limits,
}

/// What connections of HTTP/2 may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Http2Limits {
    /// Of clients.
    pub clients: Http2Side,
    /// Of endpoints.
    pub servers: Http2Side,
}

/// `None`: as the proxy has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Http2Side {
    /// Streams of a connection at one time.
    pub max_streams: Option<NonZeroU32>,
    /// Bytes of one stream that the other end may send ahead of who reads them; below 2^31.
    pub stream_window_bytes: Option<NonZeroU32>,
    /// The same of all streams of a connection.
    pub connection_window_bytes: Option<NonZeroU32>,
    /// Of fields that the other end may refer to (RFC 9113 section 6.5.2).
    pub header_table_bytes: Option<u32>,
    /// The longest frame that the other end may send; what that section allows.
    pub max_frame_bytes: Option<u32>,
    /// Streams over a connection after which the client is sent away.
    pub max_total_streams: Option<NonZeroU32>,
}

/// How much chance there is in the times of health checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spread {
    /// Of an interval, added or taken away at most (HAProxy: spread-checks).
    pub percent: u32,
    /// The first probes are spread over no more than this (HAProxy: max-spread-checks).
    pub first: Option<Duration>,
}
