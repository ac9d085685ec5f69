//! What a connection may take, as far as the configuration leaves it open (HAProxy: tune.h2).

use std::num::NonZeroU32;

use h2::{client, server};
use sluicegate_model::process::Http2Side;

/// Bytes of the fields of a head, with 32 for each (RFC 9113 section 6.5.2): a request with more is answered 431.
const MOST_FIELD_BYTES: u32 = 16 * 1024;
/// Streams of a connection at one time; to a server also before it has said how many it takes.
const MOST_STREAMS: u32 = 100;
/// Bytes of one stream that the other end may send ahead of who reads them.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same of all streams of a connection, of a client and of a server.
const CONNECTION_WINDOWS: (u32, u32) = (1024 * 1024, 4 * 1024 * 1024);
/// What a connection begins with (RFC 9113 section 6.9.2).
const LEAST_WINDOW: u32 = 65_535;
/// Bytes of one stream that wait for the other end.
const MOST_WAITING: usize = 64 * 1024;

fn or(asked: Option<NonZeroU32>, else_: u32) -> u32 {
    asked.map_or(else_, NonZeroU32::get)
}

/// Where it is not said, all streams have what one has, at least.
fn windows(side: &Http2Side, connection: u32) -> (u32, u32) {
    let stream = or(side.stream_window_bytes, STREAM_WINDOW);
    (stream, or(side.connection_window_bytes, connection.max(stream)).max(LEAST_WINDOW))
}

/// Streams to a server at one time.
pub(super) fn most_streams(side: &Http2Side) -> usize {
    or(side.max_streams, MOST_STREAMS) as usize
}

/// How a client's connection begins.
pub(super) fn of_client(side: &Http2Side) -> server::Builder {
    let (stream, connection) = windows(side, CONNECTION_WINDOWS.0);
    let mut builder = server::Builder::new();
    builder
        .max_concurrent_streams(or(side.max_streams, MOST_STREAMS))
        .max_header_list_size(MOST_FIELD_BYTES)
        .initial_window_size(stream)
        .initial_connection_window_size(connection)
        .max_send_buffer_size(MOST_WAITING)
        .enable_connect_protocol();
    if let Some(bytes) = side.header_table_bytes {
        builder.header_table_size(bytes);
    }
    if let Some(bytes) = side.max_frame_bytes {
        builder.max_frame_size(bytes);
    }
    builder
}

/// How a connection to a server begins.
pub(super) fn to_server(side: &Http2Side) -> client::Builder {
    let (stream, connection) = windows(side, CONNECTION_WINDOWS.1);
    let mut builder = client::Builder::new();
    builder
        .enable_push(false)
        .initial_max_send_streams(most_streams(side))
        .max_header_list_size(MOST_FIELD_BYTES)
        .initial_window_size(stream)
        .initial_connection_window_size(connection)
        .max_send_buffer_size(MOST_WAITING);
    if let Some(bytes) = side.header_table_bytes {
        builder.header_table_size(bytes);
    }
    if let Some(bytes) = side.max_frame_bytes {
        builder.max_frame_size(bytes);
    }
    builder
}
