//! Places at endpoints, taken and given back by several threads: by turns and by load, without a limit, with one that
//! is not reached, and with one that makes most wait.
#![allow(missing_docs)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_engine::engine::{Engine, Settings};
use sluicegate_engine::live::{LiveBackend, Ticket};
use sluicegate_model::{Change, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind, Resource, balance::Algorithm, resource::Body};

const THREADS: [u32; 3] = [1, 2, 8];

fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("bench", "", kind, name).expect("invariant: the names are plain")
}

fn made(key: &ObjectKey, body: Body) -> Resource {
    build::resource(key, v1::Origin::default(), "", body).expect("invariant: the kinds agree")
}

/// A backend of so many endpoints that each take so many exchanges at one time; 0: any number.
fn backend(algorithm: Algorithm, (endpoints, limit): (u8, u32)) -> (Engine, Arc<LiveBackend>) {
    let app = key(Kind::Backend, "app");
    let settings = v1::Backend {
        mode: v1::Mode::Http as i32,
        balance: Some(v1::Balance { algorithm: Some(algorithm) }),
        ..v1::Backend::default()
    };
    let endpoints = (1..=endpoints).map(|number| {
        let address = SocketAddr::from(([127, 0, 1, number], 80));
        let body = v1::Endpoint {
            backend: Some((&app).into()),
            name: format!("app{number}"),
            number: number.into(),
            address: Some(v1::endpoint::Address::Ip(build::ip_address(address))),
            weight: 1,
            max_connections: limit,
            ..v1::Endpoint::default()
        };
        made(&key(Kind::Endpoint, &format!("app/app{number}")), Body::Endpoint(body))
    });
    let resources: Vec<_> = endpoints.chain([made(&app, Body::Backend(settings))]).collect();
    let runtime = Arc::new(compile(None, Change::Full(&resources)).expect("invariant: they are good"));
    let engine = Engine::start(Settings { workers: 1, ..Settings::default() }).expect("threads start");
    engine.commit(engine.prepare(runtime).expect("nothing is bound"));
    let live = Arc::clone(&engine.live().active().backends[&app]);
    (engine, live)
}

/// Wakes a thread that waits for its place.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Takes a place, in turn where there is none, and gives it back.
fn take_and_release(backend: &Arc<LiveBackend>, waker: &Waker) {
    let mut ticket = Ticket::new();
    loop {
        match backend.poll_acquire(&mut ticket, &mut Context::from_waker(waker)) {
            Poll::Ready(permit) => return drop(permit),
            Poll::Pending => thread::park(),
        }
    }
}

/// What each thread does `times`, with all of them at once: the machine's time for one of them.
fn together(backend: &Arc<LiveBackend>, threads: u32, times: u64) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let waker = Waker::from(Arc::new(Unpark(thread::current())));
                (0..times).for_each(|_| take_and_release(backend, &waker));
            });
        }
    });
    start.elapsed() / threads
}

fn places(c: &mut Criterion) {
    let mut group = c.benchmark_group("a place, taken and given back");
    let algorithms = [
        ("roundrobin", Algorithm::RoundRobin(v1::RoundRobin {})),
        ("leastconn", Algorithm::LeastConnections(v1::LeastConnections {})),
    ];
    for (name, algorithm) in algorithms {
        for (endpoints, limit, limited) in [(10, 0, "no limit"), (10, 100, "limit 100"), (1, 2, "two places")]
        {
            let (_engine, backend) = backend(algorithm.clone(), (endpoints, limit));
            for threads in THREADS {
                let id = BenchmarkId::new(format!("{name}, {limited}"), format!("{threads} threads"));
                group.bench_function(id, |b| b.iter_custom(|times| together(&backend, threads, times)));
            }
            let most = backend.endpoints.iter().map(|endpoint| endpoint.state.most().0).max();
            assert!(limit == 0 || most <= Some(limit), "{most:?} at one time, the limit is {limit}");
        }
    }
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(10)
}

criterion_group!(name = benches; config = short(); targets = places);
criterion_main!(benches);
