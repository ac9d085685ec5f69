//! Connections that one worker takes from another.

use std::future::poll_fn;
use std::io::Read;

use super::*;

/// An event loop of its own, as each worker has.
fn event_loop() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap()
}

/// Puts one in, as a worker does whose event loop stands still from then on.
fn keep(pool: &IdlePool, reserve: &Arc<Reserve>, uses: u32) -> TcpStream {
    let home = event_loop();
    let _inside = home.enter();
    let (connection, peer) = pair();
    assert!(pool.put(KEY, reserve, Rested { uses, ..connection }, Instant::now()).is_none());
    // It outlives the test, so that only the one that took the connection over can move it.
    std::mem::forget(home);
    peer
}

#[test]
fn a_connection_goes_on_with_the_worker_that_takes_it() {
    let reserve = reserve(Pool::default());
    let mut pools = pools(3);
    let mut peer = keep(&pools[2], &reserve, 3);
    peer.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let taker = pools.swap_remove(1);
    let answer = std::thread::spawn(move || {
        event_loop().block_on(async move {
            let Rested { mut stream, uses } = taker.take_over(KEY, &reserve, Wanted::Any).unwrap();
            assert_eq!((uses, reserve.idle()), (3, Idle::default()));
            poll_fn(|cx| stream.poll_write(cx, b"question")).await.unwrap();
            let mut bytes = [0; 8];
            let length = poll_fn(|cx| stream.poll_read(cx, &mut bytes)).await.unwrap();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        })
    });
    let mut question = [0; 8];
    peer.read_exact(&mut question).unwrap();
    peer.write_all(b"answer").unwrap();
    assert_eq!((&question, answer.join().unwrap().as_str()), (b"question", "answer"));
    assert!(pools.iter().all(IdlePool::is_empty));
}

#[test]
fn what_the_other_worker_has_not_heard_yet_is_seen() {
    let reserve = reserve(Pool::default());
    let pools = pools(2);
    let good = keep(&pools[0], &reserve, 1);
    let mut spoke = keep(&pools[0], &reserve, 1);
    spoke.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").unwrap();
    drop(keep(&pools[0], &reserve, 1));
    let taker = event_loop();
    let _inside = taker.enter();
    let taken = pools[1].take_over(KEY, &reserve, Wanted::Any).unwrap();
    assert_eq!(taken.stream.local(), Some(crate::stream::Peer::Ip(good.peer_addr().unwrap())));
    assert!(pools[1].take_over(KEY, &reserve, Wanted::Any).is_none());
    assert_eq!((reserve.idle(), pools[0].len()), (Idle::default(), 0));
}

#[test]
fn it_takes_what_is_wanted_and_leaves_what_is_few() {
    let reserve = reserve(Pool { low: 2, ..Pool::default() });
    let pools = pools(2);
    let take = |wanted| pools[1].take_over(KEY, &reserve, wanted);
    let taker = event_loop();
    let _inside = taker.enter();
    assert!(take(Wanted::Any).is_none());
    let _first = keep(&pools[0], &reserve, 1);
    assert!(take(Wanted::Any).is_none());
    let _second = keep(&pools[0], &reserve, 1);
    assert!(take(Wanted::Proven).is_none() && take(Wanted::Unused).is_none());
    let _third = keep(&pools[0], &reserve, 0);
    assert_eq!(take(Wanted::Unused).unwrap().uses, 0);
    assert_eq!(take(Wanted::Any).unwrap().uses, 1);
    assert!(take(Wanted::Any).is_none());
    // Its own it has in any case.
    assert!(pools[0].take(KEY, Wanted::Any).is_some());
}

#[test]
fn nobody_waits_for_a_worker_that_is_at_its_connections() {
    let reserve = reserve(Pool::default());
    let pools = pools(3);
    let (_one, _two) = (keep(&pools[1], &reserve, 1), keep(&pools[2], &reserve, 2));
    let taker = event_loop();
    let _inside = taker.enter();
    let busy = pools[1].own().stock();
    assert_eq!(pools[0].take_over(KEY, &reserve, Wanted::Any).unwrap().uses, 2);
    assert!(pools[0].take_over(KEY, &reserve, Wanted::Any).is_none());
    drop(busy);
    assert!(pools[0].take_over(KEY, &reserve, Wanted::Any).is_some());
}

#[test]
fn none_is_lost_between_workers() {
    const EACH: u32 = 60;
    let reserve = reserve(Pool::default());
    let pools = pools(4);
    let home = event_loop();
    let _inside = home.enter();
    let mut peers = Vec::new();
    for pool in &pools {
        for _ in 0..EACH {
            let (connection, peer) = pair();
            peers.push(peer);
            assert!(pool.put(KEY, &reserve, connection, Instant::now()).is_none());
        }
    }
    let count = |pool: IdlePool, reserve: Arc<Reserve>| {
        let mut taken = Vec::new();
        while reserve.idle().all > 0 {
            taken.extend(pool.take(KEY, Wanted::Any).or_else(|| pool.take_over(KEY, &reserve, Wanted::Any)));
        }
        taken.len()
    };
    let workers: Vec<_> = pools
        .into_iter()
        .map(|pool| {
            let reserve = Arc::clone(&reserve);
            std::thread::spawn(move || count(pool, reserve))
        })
        .collect();
    let taken: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert_eq!((taken, reserve.idle()), (4 * EACH as usize, Idle::default()));
}
