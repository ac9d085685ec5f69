//! Frames by hand, for what no library sends.

use std::net::SocketAddr;

use sluicegate_e2e::Connection;

/// A client that sends them.
pub(crate) struct Raw(Connection);

impl Raw {
    pub(crate) async fn open(entry: SocketAddr) -> Self {
        let mut connection = Connection::open(entry).await.unwrap();
        connection.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut raw = Self(connection);
        raw.send(4, 0, 0, &[]).await;
        raw
    }

    /// A frame. Whether it could be sent.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        self.0.send(frame).await.is_ok()
    }

    /// The next frame: its kind, its stream and its payload.
    pub(crate) async fn next(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        let head = self.0.read(9).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some((head[3], stream, self.0.read(length as usize).await.ok()?))
    }

    /// Why the connection is ended (RFC 9113 section 7); `None`: without a word.
    pub(crate) async fn goaway(&mut self) -> Option<u32> {
        while let Some((kind, _, payload)) = self.next().await {
            if kind == 7 {
                return Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
            }
        }
        None
    }
}
