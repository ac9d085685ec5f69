use std::io::Write;
use std::net::{TcpListener, TcpStream};

use super::*;

const KEY: TransportId = TransportId(1);

fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    ours.set_nonblocking(true).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    (Stream::Tcp(tokio::net::TcpStream::from_std(ours).unwrap()), theirs)
}

/// Until the event loop has heard of what the peer did.
async fn heard(pool: &IdlePool) {
    let ready = std::future::poll_fn(|cx| {
        let keys = pool.keys.borrow();
        keys[&KEY].last().unwrap().stream.poll_quiet(cx)
    });
    ready.await.unwrap();
}

#[tokio::test]
async fn the_last_one_in_is_the_first_one_out() {
    let pool = IdlePool::default();
    let now = Instant::now();
    let (first, _a) = pair();
    let (second, _b) = pair();
    let ports = (first.local(), second.local());
    pool.put(KEY, first, now);
    pool.put(KEY, second, now);
    assert_eq!(pool.len(), 2);
    assert_eq!(pool.take(KEY, now).unwrap().local(), ports.1);
    assert_eq!(pool.take(KEY, now).unwrap().local(), ports.0);
    assert!(pool.take(KEY, now).is_none() && pool.is_empty());
    assert!(pool.take(TransportId(2), now).is_none());
}

#[tokio::test]
async fn a_connection_that_the_peer_closed_is_not_given_out() {
    let pool = IdlePool::default();
    let now = Instant::now();
    let (stream, peer) = pair();
    pool.put(KEY, stream, now);
    drop(peer);
    heard(&pool).await;
    assert!(pool.take(KEY, now).is_none());
    assert!(pool.is_empty());
}

#[tokio::test]
async fn a_connection_on_which_the_peer_spoke_unasked_is_not_given_out() {
    let pool = IdlePool::default();
    let now = Instant::now();
    let (stream, mut peer) = pair();
    pool.put(KEY, stream, now);
    peer.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
    heard(&pool).await;
    assert!(pool.take(KEY, now).is_none());
}

#[tokio::test]
async fn what_was_idle_for_long_is_closed() {
    let pool = IdlePool::default();
    let now = Instant::now();
    let (old, _a) = pair();
    let (young, _b) = pair();
    pool.put(KEY, old, now);
    pool.put(KEY, young, now + IDLE);
    pool.sweep(now + IDLE);
    assert_eq!(pool.len(), 1);
    assert!(pool.take(KEY, now + IDLE + IDLE).is_none());
}

#[tokio::test]
async fn the_number_of_one_key_is_bounded() {
    let pool = IdlePool::default();
    let mut peers = Vec::new();
    for _ in 0..=PER_KEY {
        let (stream, peer) = pair();
        peers.push(peer);
        pool.put(KEY, stream, Instant::now());
    }
    assert_eq!(pool.len(), PER_KEY);
}

#[tokio::test]
async fn what_is_over_the_limit_is_closed() {
    let pool = IdlePool::default();
    let now = Instant::now();
    pool.set_limit(1);
    let (kept, _a) = pair();
    let (over, mut theirs) = pair();
    let port = kept.local();
    pool.put(KEY, kept, now);
    pool.put(KEY, over, now);
    assert_eq!(std::io::Read::read(&mut theirs, &mut [0]).unwrap(), 0);
    assert_eq!(pool.take(KEY, now).unwrap().local(), port);
}
