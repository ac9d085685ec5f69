use std::sync::Arc;

use sluicegate_model::outgoing::Pool;
use tokio::time::Instant;

use super::*;
use crate::live::{Reserve, TransportId};
use crate::pool::Rested;

/// How long the loop rests after an error, in the time of the paused clock.
async fn rest(errno: i32) -> Duration {
    let worker = Worker::new(0, Arc::new(crate::fixture::shared()));
    let begin = Instant::now();
    pause(&worker, io::Error::from_raw_os_error(errno)).await;
    begin.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_the_host_lacks_is_waited_for() {
    for errno in [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM] {
        assert!(rest(errno).await >= PAUSE, "{errno}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_error_is_no_reason_to_spin() {
    for errno in [libc::EBADF, libc::EINVAL, libc::EIO] {
        assert!(rest(errno).await >= PAUSE, "{errno}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_befell_one_connection_holds_up_no_other() {
    for errno in [libc::ECONNABORTED, libc::EPROTO, libc::EPERM, libc::ENETUNREACH] {
        assert_eq!(rest(errno).await, Duration::ZERO, "{errno}");
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_make_room_for_clients() {
    let worker = Worker::new(0, Arc::new(crate::fixture::shared()));
    let (ours, _theirs) = tokio::net::UnixStream::pair().unwrap();
    let reserve = Arc::new(Reserve::new(Pool::default()));
    let connection = Rested { stream: Stream::Unix(ours), uses: 1 };
    worker.idle.put(TransportId(1, 0), &reserve, connection, Instant::now());
    pause(&worker, io::Error::from_raw_os_error(libc::ECONNABORTED)).await;
    assert!(!worker.idle.is_empty());
    pause(&worker, io::Error::from_raw_os_error(libc::EMFILE)).await;
    assert!(worker.idle.is_empty());
}

#[tokio::test(start_paused = true)]
async fn complaints_are_few() {
    let worker = Worker::new(0, Arc::new(crate::fixture::shared()));
    let complaints = (0..100).filter(|_| worker.may_complain()).count();
    assert_eq!(complaints, 1);
}
