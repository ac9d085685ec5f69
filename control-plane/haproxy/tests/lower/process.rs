//! Settings of the process.

use sluicegate_proto::v1;

use super::Out;

pub(super) fn process(out: &mut Out, process: &v1::Process) {
    out.number("max_connections", process.max_connections);
    out.text("node", &process.node);
    out.text("description", &process.description);
    out.millis("hard_stop_after_ms", process.hard_stop_after_ms);
    out.number("spread_checks_percent", process.spread_checks_percent);
    out.millis("max_spread_checks_ms", process.max_spread_checks_ms);
    if let Some(limits) = &process.http2 {
        side(out, "http2_clients", limits.clients.as_ref());
        side(out, "http2_servers", limits.servers.as_ref());
    }
}

fn side(out: &mut Out, name: &str, side: Option<&v1::Http2Side>) {
    let Some(side) = side else { return };
    out.inside(name, |out| {
        out.number("max_streams", side.max_streams.unwrap_or_default());
        out.number("stream_window_bytes", side.stream_window_bytes.unwrap_or_default());
        out.number("connection_window_bytes", side.connection_window_bytes.unwrap_or_default());
        out.number("header_table_bytes", side.header_table_bytes.unwrap_or_default());
        out.number("max_frame_bytes", side.max_frame_bytes.unwrap_or_default());
        out.number("max_total_streams", side.max_total_streams.unwrap_or_default());
    });
}
