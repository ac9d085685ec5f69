//! What is counted of connections of HTTP/2.

use super::{Clear, Counter, Level};

/// Of clients of a frontend, or to endpoints of a backend.
#[derive(Debug, Default)]
pub struct Http2Counters {
    /// Connections that there are.
    pub open_connections: Level,
    /// Streams that there are.
    pub open_streams: Level,
    /// Connections begun.
    pub connections: Counter,
    /// Streams begun.
    pub streams: Counter,
    /// Frames of heads and trailers that came.
    pub headers_received: Counter,
    /// Frames of bodies that came.
    pub data_received: Counter,
    /// Frames of settings that came, with those that acknowledge ours.
    pub settings_received: Counter,
    /// Streams that the other end has reset.
    pub resets_received: Counter,
    /// Connections that the other end takes nothing new over.
    pub goaways_received: Counter,
    /// Connections on which the other end broke the rules.
    pub connection_errors: Counter,
    /// Streams on which the other end broke the rules.
    pub stream_errors: Counter,
    /// Streams that were reset because of an error.
    pub resets_sent: Counter,
    /// Connections that were ended because of an error.
    pub goaways_sent: Counter,
}

impl Clear for Http2Counters {
    fn clear(&self, all: bool) {
        let Self {
            open_connections: _,
            open_streams: _,
            connections,
            streams,
            headers_received,
            data_received,
            settings_received,
            resets_received,
            goaways_received,
            connection_errors,
            stream_errors,
            resets_sent,
            goaways_sent,
        } = self;
        if all {
            let sums = [connections, streams, headers_received, data_received, settings_received];
            let ends = [resets_received, goaways_received, resets_sent, goaways_sent];
            let errors = [connection_errors, stream_errors];
            sums.into_iter().chain(ends).chain(errors).for_each(Counter::clear);
        }
    }
}
