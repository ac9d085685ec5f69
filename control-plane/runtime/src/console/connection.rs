//! One connection of the console, to its end.

use std::sync::Arc;
use std::time::Duration;

use sluicegate_console::limits::MAX_DISCARDED_BYTES;
use sluicegate_console::{Level, Session, Step};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::listen::{Bound, Stream};
use super::perform::Office;

/// Bytes read at one time.
const READ_BYTES: usize = 4_096;
/// Bytes written before a client that does not read is given up.
const WRITE_BYTES: usize = 64 << 10;
/// Rest after the system refuses a connection: as a rule it has no descriptors left.
const REST: Duration = Duration::from_millis(100);

/// What a socket gives its connections.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) office: Arc<Office>,
    pub(super) level: Level,
    pub(super) idle: Option<Duration>,
    pub(super) places: Arc<Semaphore>,
}

impl Door {
    /// Takes connections until it is dropped; those over the limit wait in the kernel's queue.
    pub(super) async fn open(self, bound: Bound) {
        loop {
            let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
            match bound.accept().await {
                Ok(stream) => {
                    let door = self.clone();
                    tokio::spawn(async move {
                        door.serve(stream).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the console cannot take a connection");
                    sleep(REST).await;
                }
            }
        }
    }

    /// Answers until the connection closes; a client that is silent, or does not read, for too long is given up.
    async fn serve(self, mut stream: Box<dyn Stream>) {
        let mut session = Session::new(self.level, self.idle);
        // On the heap: a task that waits is as large as what it holds.
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let idle = session.idle_limit();
            match session.advance() {
                Step::Read => match timeout(idle, stream.read(&mut buffer)).await {
                    Ok(Ok(0)) => session.end(),
                    Ok(Ok(count)) => session.receive(&buffer[..count]),
                    Ok(Err(_)) | Err(_) => return,
                },
                Step::Say(bytes) => {
                    if !write(&mut stream, &bytes, idle).await {
                        return;
                    }
                }
                Step::Do(command) => {
                    let answer = self.office.perform(&command).await;
                    let bytes = session.answer(&answer);
                    if !write(&mut stream, &bytes, idle).await {
                        return;
                    }
                }
                Step::Close { unread } => {
                    let _ = timeout(idle, stream.shutdown()).await;
                    if unread {
                        let _ = timeout(idle, discard(&mut stream, &mut buffer)).await;
                    }
                    return;
                }
            }
        }
    }
}

/// False where the client is gone or does not read.
async fn write(stream: &mut Box<dyn Stream>, bytes: &[u8], limit: Duration) -> bool {
    for part in bytes.chunks(WRITE_BYTES) {
        if !matches!(timeout(limit, stream.write_all(part)).await, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

/// Reads on for a while: where bytes are left unread at a close, the client's system throws away the answer.
async fn discard(stream: &mut Box<dyn Stream>, buffer: &mut [u8]) {
    let mut left = MAX_DISCARDED_BYTES;
    while let Ok(count) = stream.read(buffer).await
        && count > 0
        && count < left
    {
        left -= count;
    }
}
