//! Responses, sound and damaged.

use sluicegate_e2e::{Bodies, Dice};

const STATUSES: [&str; 10] = [
    "200 OK",
    "200 OK",
    "200 OK",
    "200 ",
    "200",
    "404 Not Found",
    "204 No",
    "304 Not",
    "500 \u{e9}",
    "999 x",
];
const FIELDS: [&str; 8] = [
    "X:\r\n",
    "Set-Cookie: a=b\r\n",
    "Connection: keep-alive\r\n",
    "Connection: close\r\n",
    "Connection: content-length, transfer-encoding, x\r\nX: y\r\n",
    "Keep-Alive: 5\r\n",
    "Trailer: X-Sum\r\n",
    "Upgrade: h2c\r\n",
];
const BODIES: Bodies = Bodies {
    pieces: &[
        "HTTP/1.1 200 OK\r\nX-Round: stolen\r\nContent-Length: 0\r\n\r\n",
        "\r\n",
        "0\r\n\r\n",
        "5\r\n",
        "x",
        "Content-Length: 3\r\n\r\n",
        "\n\r\0",
    ],
    extensions: &["", "", ";a", ";a=\"b;\\\"\""],
    trailers: &["", "", "X-Sum: 1\r\n", "X-Sum:\r\nHTTP: 200\r\n"],
    large_bytes: 200_000,
};

/// What a server says to one request: interim responses, one that is final, now and then more behind it; every third
/// with a byte or two changed, or cut off.
pub(crate) fn response(dice: &mut Dice, round: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while dice.below(5) == 0 {
        out.extend_from_slice(
            dice.pick(&["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"]).as_bytes(),
        );
    }
    last(dice, round, &mut out);
    if dice.below(6) == 0 {
        out.extend_from_slice(dice.pick(BODIES.pieces).as_bytes());
    }
    match dice.below(9) {
        0 | 1 => dice.damage(&mut out),
        2 => {
            // At least a byte: a connection that ends without one is another story.
            let end = 1 + dice.index(out.len());
            out.truncate(end);
        }
        _ => {}
    }
    out
}

fn last(dice: &mut Dice, round: u64, out: &mut Vec<u8>) {
    let (version, status) = (dice.pick(&["1.1", "1.1", "1.1", "1.0"]), dice.pick(&STATUSES));
    out.extend_from_slice(format!("HTTP/{version} {status}\r\nX-Round: {round}\r\n").as_bytes());
    for _ in 0..dice.below(3) {
        out.extend_from_slice(dice.pick(&FIELDS).as_bytes());
    }
    match dice.below(5) {
        0 => {
            out.extend_from_slice(b"\r\n");
            out.extend_from_slice(&BODIES.plain(dice));
        }
        1 | 2 => BODIES.sized(dice, out),
        _ => BODIES.chunked(dice, out),
    }
}
