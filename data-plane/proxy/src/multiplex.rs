//! HTTP/2 (RFC 9113): connections that carry many exchanges at once.
//!
//! The engine knows one shape of an exchange, the bytes of HTTP/1.1 over a [`Stream`](crate::stream::Stream). Here a
//! stream of HTTP/2 is given that shape: a [`Lane`] is read and written like a connection that carries one exchange. What
//! comes in frames is read as a head and a body of HTTP/1.1, and what is written so goes out in frames; rules, retries,
//! logs and answers of our own know nothing of it. A body whose length is not told beforehand is in chunks on this side,
//! with its trailers behind them.
//!
//! Frames, header compression and flow control are the `h2` crate's. [`Session`] is the task of a client's connection, and
//! gives each stream that the client opens a task of its own.

mod answering;
mod asking;
#[cfg(any(test, feature = "test-data"))]
pub mod conversion;
mod count;
mod fields;
mod frames;
mod heading;
mod inflow;
mod lane;
mod ledger;
mod limits;
mod outflow;
mod request;
mod response;
mod session;
mod single;
#[cfg(test)]
mod tests;
mod trunk;
mod trunks;
mod wire;

use std::io;

pub use lane::Lane;
pub(crate) use ledger::Ledger;
pub(crate) use session::Session;
pub use single::single_lane;
pub(crate) use trunk::{Driver, Terms, Trunk};
pub(crate) use trunks::Trunks;

/// What every connection of a client begins with (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The other end has given the stream up, or its connection is gone.
fn broken(error: h2::Error) -> io::Error {
    // What came is no HTTP/2.
    if error.is_library() { unfit() } else { io::ErrorKind::ConnectionReset.into() }
}

/// What stands in the way is no message that both versions know.
fn unfit() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
