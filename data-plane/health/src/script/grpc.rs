//! How servers of gRPC are asked for their health.

use super::{Request, Text};

/// Field 1 of a message, with a length before it.
const SERVICE: u8 = 1 << 3 | 2;

/// A call of `grpc.health.v1.Health/Check`.
pub(super) fn request(service: &str, authority: &str) -> Request {
    let header = |name: &str, value: &str| (name.into(), value.into());
    Request {
        method: "POST".into(),
        uri: "/grpc.health.v1.Health/Check".into(),
        version: "HTTP/1.1".into(),
        headers: vec![
            header("host", authority),
            header("content-type", "application/grpc"),
            header("te", "trailers"),
        ],
        body: Text::Is(framed(&message(service)).into()),
    }
}

fn message(service: &str) -> Vec<u8> {
    if service.is_empty() {
        return Vec::new();
    }
    let mut message = vec![SERVICE];
    let mut length = service.len();
    while length >= 0x80 {
        message.push(length as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(service.as_bytes());
    message
}

/// Not compressed, and its length.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &length.to_be_bytes()[..], message].concat()
}
