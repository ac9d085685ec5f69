//! One call of the Docker API.

use std::io;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::wire::{Framing, Reader};
use crate::{PATIENCE, Response};

pub(super) async fn call(
    socket: &Path,
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
) -> io::Result<Response> {
    let exchange = async {
        let mut reader = Reader::new(UnixStream::connect(socket).await?);
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        reader.stream().write_all(head.as_bytes()).await?;
        reader.stream().write_all(body).await?;
        let head = reader.head().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let (body, trailers) = reader.body(Framing::of_response(&head, method)?).await?;
        Ok(Response { head, body, trailers })
    };
    timeout(PATIENCE, exchange).await?
}

/// Reads an answer that does not end until `words` are in it; `false` if it does end first.
pub(super) async fn follow(socket: &Path, path: &str, words: &str) -> io::Result<bool> {
    let follow = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut bytes = Vec::new();
        // Each line is a chunk of its own, so no framing falls into the words.
        while !String::from_utf8_lossy(&bytes).contains(words) {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    };
    timeout(PATIENCE, follow).await?
}

/// Percent-encodes a query value.
pub(super) fn escape(text: &str) -> String {
    let escape_byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape_byte).collect()
}
