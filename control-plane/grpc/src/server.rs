//! HTTP/2 over a listening socket.

use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Server;
use tracing::info;

use crate::listen::Listening;
use crate::publisher::Publisher;
use crate::services::Services;

/// A peer that is silent for so long is asked whether it is there, and given up after as long again.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Streams of one connection; a proxy needs one.
const MAX_STREAMS: u32 = 16;
/// Bytes on their way to or from one stream.
const WINDOW_BYTES: u32 = 1 << 20;
/// Time for sessions to say goodbye.
const GOODBYE_LIMIT: Duration = Duration::from_secs(3);

/// The HTTP/2 server failed.
#[derive(Debug, thiserror::Error)]
#[error("serving the control plane failed: {0}")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Answers proxies and operators until `shutdown`; then sessions end in order. The publisher is stopped by that.
///
/// # Errors
/// Where the HTTP/2 server fails as a whole; one bad connection does not do that.
pub async fn serve(
    listening: Listening,
    publisher: Publisher,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    if let Some(address) = listening.local_address() {
        info!("listening on {address}");
    }
    let connections = ReceiverStream::new(listening.connections());
    let (stopped, stopping) = tokio::sync::oneshot::channel::<()>();
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .serve_with_incoming_shutdown(Services::new(publisher.clone()), connections, async {
            let _dropped_is_stopped_too = stopping.await;
        });
    let mut server = std::pin::pin!(server);
    tokio::select! {
        ended = &mut server => return Ok(ended?),
        () = shutdown => {}
    }
    publisher.stop();
    drop(stopped);
    match timeout(GOODBYE_LIMIT, server).await {
        Ok(ended) => Ok(ended?),
        // Those that did not let go are cut off.
        Err(_) => Ok(()),
    }
}
