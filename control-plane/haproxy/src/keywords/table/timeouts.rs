//! `timeout …`

use super::{DFL, DFLB, DLB, Keyword, Places};

pub(super) const GROUPS: &[&[Keyword]] = &[&[
    time("timeout client", DFL, "Inactivity of the client."),
    time("timeout server", DLB, "Inactivity of the server."),
    time("timeout connect", DLB, "Wait for a connection to a server."),
    time("timeout queue", DLB, "Wait in the queue for a free server."),
    time("timeout check", DLB, "Wait for the answer to a check, once connected."),
    time("timeout http-request", DFLB, "Wait for a whole request head."),
    time("timeout http-keep-alive", DFLB, "Wait for the next request on a connection."),
    time("timeout tunnel", DLB, "Inactivity of both sides once a connection is a tunnel."),
    time("timeout tarpit", DFLB, "How long a tarpitted request is held."),
    time("timeout client-fin", DFL, "Inactivity of the client once one side has closed."),
    time("timeout server-fin", DLB, "Inactivity of the server once one side has closed."),
    Keyword::works("timeout client-hs", DFL, "lower/proxy_protocol")
        .takes(1, 1, "<time>")
        .once()
        .does("Wait for a PROXY header; without it `timeout client`."),
]];

const fn time(name: &'static str, places: Places, summary: &'static str) -> Keyword {
    Keyword::works(name, places, "lower/timeouts").takes(1, 1, "<time>").once().does(summary)
}
