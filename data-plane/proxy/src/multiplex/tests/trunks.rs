//! Connections to servers that carry many exchanges, by the rules of idle ones.

use std::sync::Arc;
use std::time::Duration;

use sluicegate_model::outgoing::Pool;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::live::{Reserve, TransportId};
use crate::multiplex::lane::Lane;
use crate::multiplex::{Terms, Trunk, Trunks};
use crate::stream::{Fresh, Stream};

const KEY: TransportId = TransportId(1, 0);
const DELAY: Duration = Duration::from_secs(5);

/// Those of a worker to one server, which tells of its connections that ended.
struct Bench {
    trunks: Trunks,
    reserve: Arc<Reserve>,
    listener: TcpListener,
    now: Instant,
}

impl Bench {
    async fn new(pool: Pool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let reserve = Arc::new(Reserve::new(pool));
        Self { trunks: Trunks::default(), reserve, listener, now: Instant::now() }
    }

    /// Opens one more and its first stream; with the task of its server, which ends when it does.
    async fn open(&self) -> (Lane, tokio::task::JoinHandle<()>) {
        let near = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let near = Stream::Fresh(Fresh::accepted(near.into_std().unwrap().into(), false));
        let (far, _) = self.listener.accept().await.unwrap();
        let serving = tokio::spawn(async move {
            let mut server = h2::server::handshake(far).await.unwrap();
            while let Some(Ok(_)) = server.accept().await {}
        });
        let (mut trunk, driver) = Trunk::begin(near, Terms::default()).await.unwrap();
        tokio::task::spawn_local(driver);
        let lane = trunk.lane().unwrap();
        self.trunks.keep(KEY, trunk, (&self.reserve, self.now));
        (lane, serving)
    }

    fn again(&self) -> Option<Lane> {
        self.trunks.lane(KEY, |_| true)
    }

    fn end(&self, lane: Lane) {
        drop(lane);
        self.trunks.settle(KEY);
    }

    fn idle(&self) -> (u32, u32) {
        let idle = self.reserve.idle();
        (idle.all, idle.proven)
    }
}

async fn run(test: impl Future<Output = ()>) {
    LocalSet::new().run_until(test).await;
}

#[tokio::test]
async fn they_count_while_nobody_uses_them() {
    run(async {
        let bench = Bench::new(Pool::default()).await;
        let (lane, _serving) = bench.open().await;
        assert_eq!(bench.idle(), (0, 0));
        bench.end(lane);
        assert_eq!(bench.idle(), (1, 0));
        let (one, other) = (bench.again().unwrap(), bench.again().unwrap());
        assert_eq!(bench.idle(), (0, 0));
        bench.end(one);
        assert_eq!(bench.idle(), (0, 0), "another one is there");
        bench.end(other);
        assert_eq!(bench.idle(), (1, 1));
        bench.trunks.clear();
        assert_eq!(bench.idle(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn no_more_are_kept_than_may_be() {
    run(async {
        let bench = Bench::new(Pool { max_idle: Some(1), ..Pool::default() }).await;
        let ((one, _one), (other, ended)) = (bench.open().await, bench.open().await);
        bench.end(one);
        bench.end(other);
        ended.await.unwrap();
        assert_eq!(bench.idle(), (1, 0));
        let lane = bench.again().unwrap();
        assert!(bench.again().is_some(), "streams of one connection are no idle ones");
        drop(lane);
    })
    .await;
}

#[tokio::test]
async fn none_is_kept_where_none_may_be() {
    for pool in [Pool { purge_delay: None, ..Pool::default() }, Pool { max_idle: Some(0), ..Pool::default() }]
    {
        run(async {
            let bench = Bench::new(pool).await;
            let (lane, ended) = bench.open().await;
            let second = bench.again().unwrap();
            bench.end(lane);
            bench.end(second);
            ended.await.unwrap();
            assert!(bench.again().is_none());
        })
        .await;
    }
}

#[tokio::test]
async fn what_nobody_needed_for_its_time_is_closed_by_halves() {
    run(async {
        let bench = Bench::new(Pool { purge_delay: Some(DELAY), ..Pool::default() }).await;
        let mut served = Vec::new();
        for _ in 0..3 {
            served.push(bench.open().await);
        }
        let (lanes, mut serving): (Vec<_>, Vec<_>) = served.into_iter().unzip();
        lanes.into_iter().for_each(|lane| bench.end(lane));
        bench.trunks.sweep(bench.now + DELAY);
        assert_eq!(bench.idle().0, 3, "they were needed in that time");
        bench.trunks.sweep(bench.now + DELAY * 2 - Duration::from_millis(1));
        assert_eq!(bench.idle().0, 3);
        // The oldest is in use at times.
        let lane = bench.again().unwrap();
        bench.end(lane);
        bench.trunks.sweep(bench.now + DELAY * 2);
        assert_eq!(bench.idle().0, 2);
        serving.remove(0).await.unwrap();
        bench.trunks.sweep(bench.now + DELAY * 3);
        bench.trunks.sweep(bench.now + DELAY * 4);
        assert_eq!(bench.idle().0, 0, "the last one goes too");
        for ended in serving {
            ended.await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_ended_unseen_is_found_by_the_sweep() {
    run(async {
        let bench = Bench::new(Pool { max_idle: Some(0), ..Pool::default() }).await;
        let (lane, ended) = bench.open().await;
        drop(lane);
        bench.trunks.sweep(bench.now);
        ended.await.unwrap();
    })
    .await;
}
