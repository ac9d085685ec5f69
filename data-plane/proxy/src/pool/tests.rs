use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use sluicegate_model::outgoing::{PURGE_DELAY, Pool};

use super::*;
use crate::live::Idle;

mod take_over;

const KEY: TransportId = TransportId(1, 0);

/// The pool of the one worker that there is.
fn alone() -> IdlePool {
    pools(1).remove(0)
}

/// Those of so many workers.
fn pools(workers: usize) -> Vec<IdlePool> {
    let all = Shelves::of(workers);
    (0..workers).map(|index| IdlePool::new(Share { index, workers }, Arc::clone(&all))).collect()
}

fn reserve(pool: Pool) -> Arc<Reserve> {
    Arc::new(Reserve::new(pool))
}

/// Puts one in as most endpoints have it.
fn put(pool: &IdlePool, connection: Rested) {
    thread_local!(static RESERVE: Arc<Reserve> = reserve(Pool::default()));
    RESERVE.with(|reserve| drop(pool.put(KEY, reserve, connection, Instant::now())));
}

fn pair() -> (Rested, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    ours.set_nonblocking(true).unwrap();
    let (theirs, _) = listener.accept().unwrap();
    let stream = Stream::Tcp(tokio::net::TcpStream::from_std(ours).unwrap());
    (Rested { stream, uses: 1 }, theirs)
}

/// Until the event loop has heard of what the peer did.
async fn heard(connection: &mut Rested) {
    std::future::poll_fn(|cx| connection.stream.poll_quiet(cx)).await.unwrap();
}

#[tokio::test]
async fn the_last_one_in_is_the_first_one_out() {
    let pool = alone();
    let (first, _a) = pair();
    let (second, _b) = pair();
    let ports = (first.stream.local(), second.stream.local());
    put(&pool, first);
    put(&pool, second);
    assert_eq!(pool.len(), 2);
    assert_eq!(pool.take(KEY, Wanted::Any).unwrap().stream.local(), ports.1);
    assert_eq!(pool.take(KEY, Wanted::Any).unwrap().stream.local(), ports.0);
    assert!(pool.take(KEY, Wanted::Any).is_none() && pool.is_empty());
    assert!(pool.take(TransportId(2, 0), Wanted::Any).is_none());
}

#[tokio::test]
async fn a_connection_that_the_peer_closed_is_not_given_out() {
    let pool = alone();
    let (mut stream, peer) = pair();
    drop(peer);
    heard(&mut stream).await;
    put(&pool, stream);
    assert!(pool.take(KEY, Wanted::Any).is_none());
    assert!(pool.is_empty());
}

#[tokio::test]
async fn a_connection_on_which_the_peer_spoke_unasked_is_not_given_out() {
    let pool = alone();
    let (mut stream, mut peer) = pair();
    peer.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
    heard(&mut stream).await;
    put(&pool, stream);
    assert!(pool.take(KEY, Wanted::Any).is_none());
}

#[tokio::test]
async fn half_of_what_was_not_needed_is_closed_each_time() {
    let pool = alone();
    let reserve = reserve(Pool::default());
    let now = Instant::now();
    let mut peers = Vec::new();
    for _ in 0..8 {
        let (stream, peer) = pair();
        peers.push(peer);
        assert!(pool.put(KEY, &reserve, stream, now).is_none());
    }
    // Not needed were those that lay there all the time: none yet.
    pool.sweep(now + PURGE_DELAY);
    assert_eq!(pool.len(), 8);
    // Three are needed now and then.
    let used: Vec<_> = (0..3).map(|_| pool.take(KEY, Wanted::Any).unwrap()).collect();
    for connection in used {
        pool.put(KEY, &reserve, connection, now);
    }
    pool.sweep(now + PURGE_DELAY * 2 - Duration::from_millis(1));
    assert_eq!(pool.len(), 8);
    let mut left = Vec::new();
    for round in 2..8 {
        pool.sweep(now + PURGE_DELAY * round);
        left.push(pool.len());
        assert_eq!(reserve.idle().all as usize, pool.len());
    }
    assert_eq!(left, [5, 2, 1, 0, 0, 0]);
}

#[tokio::test]
async fn a_pool_keeps_no_more_than_its_endpoint_lets_it() {
    let now = Instant::now();
    let rules = Pool { max_idle: Some(1), ..Pool::default() };
    let reserve = reserve(rules);
    let (pool, other) = (alone(), alone());
    let ((one, _a), (two, _b)) = (pair(), pair());
    assert!(pool.put(KEY, &reserve, one, now).is_none());
    let two = other.put(KEY, &reserve, two, now).unwrap();
    drop(pool.take(KEY, Wanted::Any).unwrap());
    assert!(other.put(KEY, &reserve, two, now).is_none());
    other.clear();
    assert_eq!(reserve.idle(), Idle::default());
    let (three, _c) = pair();
    let none = Arc::new(Reserve::new(Pool { purge_delay: None, ..Pool::default() }));
    assert!(pool.put(TransportId(2, 0), &none, three, now).is_some());
}

#[tokio::test]
async fn a_proven_connection_is_found_behind_others() {
    let pool = alone();
    let (proven, _a) = pair();
    let (new, _b) = pair();
    let port = proven.stream.local();
    put(&pool, Rested { uses: 2, ..proven });
    put(&pool, new);
    assert_eq!(pool.take(KEY, Wanted::Proven).unwrap().stream.local(), port);
    assert!(pool.take(KEY, Wanted::Proven).is_none());
    assert_eq!(pool.len(), 1);
}

#[tokio::test]
async fn the_number_of_one_key_is_bounded() {
    let pool = alone();
    let mut peers = Vec::new();
    for _ in 0..=PER_KEY {
        let (stream, peer) = pair();
        peers.push(peer);
        put(&pool, stream);
    }
    assert_eq!(pool.len(), PER_KEY);
}

#[tokio::test]
async fn what_is_over_the_limit_is_closed() {
    let pool = alone();
    pool.set_limit(1);
    let (kept, _a) = pair();
    let (over, mut theirs) = pair();
    let port = kept.stream.local();
    put(&pool, kept);
    put(&pool, over);
    assert_eq!(std::io::Read::read(&mut theirs, &mut [0]).unwrap(), 0);
    assert_eq!(pool.take(KEY, Wanted::Any).unwrap().stream.local(), port);
}

#[tokio::test]
async fn what_is_kept_ahead_is_shared_out_and_not_purged() {
    let reserve = reserve(Pool { warm: 5, ..Pool::default() });
    let pools = pools(3);
    assert_eq!(pools.iter().map(|pool| pool.lacks(KEY, &reserve)).collect::<Vec<_>>(), [2, 2, 1]);
    let (pool, now) = (&pools[0], Instant::now());
    let mut peers = Vec::new();
    for _ in 0..3 {
        let (connection, peer) = pair();
        peers.push(peer);
        pool.put(KEY, &reserve, Rested { uses: 0, ..connection }, now);
    }
    for round in 1..9 {
        pool.sweep(now + PURGE_DELAY * round);
    }
    assert_eq!((pool.len(), pool.lacks(KEY, &reserve)), (2, 0));
    assert!(pool.take(KEY, Wanted::Proven).is_none());
    assert_eq!(pool.take(KEY, Wanted::Unused).unwrap().uses, 0);
    assert_eq!(pool.lacks(KEY, &reserve), 1);
}
