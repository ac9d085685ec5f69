//! Streams of requests, sound and damaged.

use sluicegate_e2e::{Bodies, Dice};

const METHODS: [&str; 8] = ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "M-SEARCH"];
const TARGETS: [&str; 5] = ["/a", "/a?b=http://c", "//a", "http://h/a", "http://h?b"];
const VERSIONS: [&str; 6] = ["1.1", "1.1", "1.1", "1.1", "1.0", "1.7"];
const FIELDS: [&str; 10] = [
    "X:\r\n",
    "Cookie: a=b\r\n",
    "Connection: keep-alive\r\n",
    "Connection: content-length, transfer-encoding, host\r\n",
    "Connection: x, te\r\nTE: trailers\r\nX: y\r\n",
    "Connection: upgrade\r\nUpgrade: websocket\r\n",
    "Keep-Alive: 5\r\n",
    "Y: \t z \t\r\n",
    "Z: Content-Length: 5\r\n",
    "Accept: a, b\r\naccept: c\r\n",
];
const BODIES: Bodies = Bodies {
    pieces: &[
        "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
        "\r\n",
        "0\r\n\r\n",
        "5\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "x",
        "Content-Length: 3\r\n\r\n",
        "\n\r\0",
    ],
    extensions: &["", "", ";a", ";a=b;c", ";a=\"b;\\\"\""],
    trailers: &["", "", "X-Sum: 1\r\n", "X-Sum:\r\nGET: / HTTP/1.1\r\n"],
    // In bodies together less than what a refused client may go on sending.
    large_bytes: 30_000,
};

/// A few requests, in every third stream with a byte or two changed.
pub(crate) fn stream(dice: &mut Dice) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..1 + dice.below(6) {
        request(dice, &mut stream);
    }
    if dice.below(3) == 0 {
        dice.damage(&mut stream);
    }
    stream
}

fn request(dice: &mut Dice, out: &mut Vec<u8>) {
    if dice.below(8) == 0 {
        out.extend_from_slice(b"\r\n");
    }
    let (method, target, version) = (dice.pick(&METHODS), dice.pick(&TARGETS), dice.pick(&VERSIONS));
    out.extend_from_slice(format!("{method} {target} HTTP/{version}\r\nHost: h\r\n").as_bytes());
    for _ in 0..dice.below(3) {
        out.extend_from_slice(dice.pick(&FIELDS).as_bytes());
    }
    if dice.below(20) == 0 {
        out.extend_from_slice(b"Connection: close\r\n");
    }
    match dice.below(3) {
        0 => out.extend_from_slice(b"\r\n"),
        1 => BODIES.sized(dice, out),
        _ => BODIES.chunked(dice, out),
    }
}
