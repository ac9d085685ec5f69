use std::num::NonZeroU16;

use super::ClientPort;

/// Client, offset, and the port that HAProxy 2.6 connects to.
const PORTS: [(u16, i32, Option<u16>); 8] = [
    (8080, 0, Some(8080)),
    (8080, 10, Some(8090)),
    (8080, -80, Some(8000)),
    (8080, -8080, None),
    (23_105, 60_000, Some(17_569)),
    (23_104, -30_000, Some(58_640)),
    (0, 0, None),
    (0, 23_113, Some(23_113)),
];

#[test]
fn ports_begin_anew_beyond_the_last() {
    for (client, offset, port) in PORTS {
        assert_eq!(ClientPort { offset }.port(client).map(NonZeroU16::get), port, "{client} {offset}");
    }
}
