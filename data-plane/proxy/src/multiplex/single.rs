//! A connection to an endpoint for one exchange, outside of workers.

use std::io;

use super::trunk::{Terms, Trunk};
use crate::stream::Stream;

/// Begins to speak HTTP/2 over a connection that stands: what is written to and read from what it gives is one exchange, in
/// the words of HTTP/1.1. The connection ends, in order, when that is dropped. To be called within a runtime of tokio.
///
/// # Errors
/// Where it breaks at once. Later, [`io::ErrorKind::InvalidData`] says that what came is no HTTP/2.
pub async fn single_lane(stream: Stream) -> io::Result<Stream> {
    let (mut trunk, driver) = Trunk::begin(stream, Terms::default()).await?;
    let lane = trunk.lane().ok_or(io::ErrorKind::ConnectionReset)?;
    tokio::spawn(driver);
    Ok(Stream::Lane(Box::new(lane)))
}
