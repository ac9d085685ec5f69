//! An answer of HTTP/1.1 in the words of HTTP/2.

use std::io;

use http::response::Parts;
use http::{Response, StatusCode, header};

use super::fields::{self, write};
use super::request::{ACCEPT, Asked, Wanted};
use super::unfit;
use crate::h1::{Framing, Head, Known, Method};

/// A head of an answer, and how its body ends.
pub(super) fn of_head(head: &Head, bytes: &[u8], asked: &Asked) -> io::Result<(Response<()>, Framing)> {
    let switched = head.status() == 101;
    let succeeded = (200..300).contains(&head.status());
    // Who was asked for another protocol and answers as if nothing had been asked has not understood it.
    if asked.extended && (succeeded || (switched && !accepts(head, bytes, asked))) {
        return Err(unfit());
    }
    let framing = match head.is_interim() {
        true => Framing::Empty,
        false => Framing::of_response(head, asked.asked).map_err(|_| unfit())?,
    };
    let tunnel = framing == Framing::Tunnel;
    let keep = |field: &crate::h1::Field| {
        let of_switch = switched && field.is(bytes, ACCEPT.as_str().as_bytes());
        !(of_switch || (tunnel && field.known == Some(Known::ContentLength)))
    };
    let mut response = Response::new(());
    *response.status_mut() = match switched {
        true => StatusCode::OK,
        false => StatusCode::from_u16(head.status()).map_err(|_| unfit())?,
    };
    *response.headers_mut() = fields::of_head(head, bytes, keep)?;
    Ok((response, framing))
}

/// Whether a server of WebSocket has read the key.
fn accepts(head: &Head, bytes: &[u8], asked: &Asked) -> bool {
    let given = head.value(bytes, ACCEPT.as_str().as_bytes());
    asked.accept.is_none_or(|accept| given == Some(accept.as_slice()))
}

/// Writes the head of an answer that another one follows.
pub(super) fn write_interim(parts: &Parts, out: &mut Vec<u8>) {
    write_start(parts.status, out);
    write_fields(parts, out);
    out.extend_from_slice(b"\r\n");
}

/// Writes the head of an answer to what was `wanted`. `ended`: it has no body. Whether its body comes in chunks.
pub(super) fn write_head(parts: &Parts, wanted: &Wanted, ended: bool, out: &mut Vec<u8>) -> bool {
    let protocol = wanted.protocol.as_deref().filter(|_| parts.status.is_success());
    write_start(if protocol.is_some() { StatusCode::SWITCHING_PROTOCOLS } else { parts.status }, out);
    write_fields(parts, out);
    let bodiless = wanted.method == Method::Head
        || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || (wanted.method == Method::Connect && parts.status.is_success());
    let told = parts.headers.contains_key(header::CONTENT_LENGTH);
    let mut chunked = false;
    if let Some(protocol) = protocol {
        write("connection", b"Upgrade", out);
        write("upgrade", protocol, out);
        if let Some(accept) = wanted.accept {
            write("sec-websocket-accept", &accept, out);
        }
    } else if !bodiless && !told && ended {
        write("content-length", b"0", out);
    } else if !bodiless && !told {
        chunked = true;
        write("transfer-encoding", b"chunked", out);
    }
    out.extend_from_slice(b"\r\n");
    chunked
}

fn write_start(status: StatusCode, out: &mut Vec<u8>) {
    for part in ["HTTP/1.1 ", status.as_str(), " ", status.canonical_reason().unwrap_or_default(), "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

fn write_fields(parts: &Parts, out: &mut Vec<u8>) {
    for (name, value) in &parts.headers {
        write(name.as_str(), value.as_bytes(), out);
    }
}
