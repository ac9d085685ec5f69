//! What connections of HTTP/2 may take.

use std::num::NonZeroU32;

use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::process::{Http2Limits, Http2Side};

/// The largest window (RFC 9113 section 6.9.1), and what counts as any number of streams.
const MOST: i64 = (1 << 31) - 1;

pub(super) fn limits(wire: Option<&v1::Http2Limits>, scope: &mut Scope<'_>) -> Option<Http2Limits> {
    let Some(wire) = wire else { return Some(Http2Limits::default()) };
    scope.at("http2", |scope| {
        let clients = scope.at("clients", |scope| side(wire.clients.as_ref(), scope));
        let servers = scope.at("servers", |scope| {
            let total = wire.servers.as_ref().and_then(|servers| servers.max_total_streams);
            if total.is_some() {
                return scope.fault(Fault::Meaningless { what: "max_total_streams of servers" });
            }
            side(wire.servers.as_ref(), scope)
        });
        Some(Http2Limits { clients: clients?, servers: servers? })
    })
}

fn side(wire: Option<&v1::Http2Side>, scope: &mut Scope<'_>) -> Option<Http2Side> {
    let Some(wire) = wire else { return Some(Http2Side::default()) };
    let mut within = |what, value: Option<u32>, least, most| {
        optional(value, |value| scope.range(what, value, least, most).map(|_| value))
    };
    let max_streams = within("max_streams", wire.max_streams, 1, MOST);
    let stream_window = within("stream_window_bytes", wire.stream_window_bytes, 1, MOST);
    let connection_window = within("connection_window_bytes", wire.connection_window_bytes, 1, MOST);
    let header_table = within("header_table_bytes", wire.header_table_bytes, 4_096, 65_536);
    let max_frame = within("max_frame_bytes", wire.max_frame_bytes, 16_384, 16_777_215);
    let max_total_streams = within("max_total_streams", wire.max_total_streams, 1, MOST);
    let number = |value: Option<u32>| value.and_then(NonZeroU32::new);
    Some(Http2Side {
        max_streams: number(max_streams?),
        stream_window_bytes: number(stream_window?),
        connection_window_bytes: number(connection_window?),
        header_table_bytes: header_table?,
        max_frame_bytes: max_frame?,
        max_total_streams: number(max_total_streams?),
    })
}
