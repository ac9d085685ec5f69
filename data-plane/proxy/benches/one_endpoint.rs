//! What a change of one endpoint of 50 000 costs from the delta to the commit, by the way to balance.
#![allow(missing_docs)]

use std::cell::OnceCell;
use std::net::SocketAddr;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_engine::engine::{Engine, Reason, Settings};
use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind, Resource, balance::Algorithm, resource::Body};

const ENDPOINTS: u32 = 50_000;

fn made(kind: Kind, name: &str, body: Body) -> Resource {
    let key = ObjectKey::new("bench", "", kind, name).expect("invariant: the names are plain");
    build::resource(&key, v1::Origin::default(), "", body).expect("invariant: the kinds agree")
}

fn backend(algorithm: Algorithm) -> Resource {
    let body = v1::Backend {
        mode: v1::Mode::Http as i32,
        balance: Some(v1::Balance { algorithm: Some(algorithm) }),
        cookie: Some(v1::Cookie {
            name: "SRV".to_owned(),
            mode: v1::CookieMode::Insert.into(),
            ..v1::Cookie::default()
        }),
        ..v1::Backend::default()
    };
    made(Kind::Backend, "app", Body::Backend(body))
}

fn endpoint(number: u32, weight: u32) -> Resource {
    let [_, a, b, c] = number.to_be_bytes();
    let id = ObjectKey::new("bench", "", Kind::Backend, "app").expect("invariant: the names are plain");
    let body = v1::Endpoint {
        backend: Some((&id).into()),
        name: format!("app{number}"),
        number,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(SocketAddr::from(([127, a, b, c], 80))))),
        weight,
        cookie: format!("c{number}"),
        ..v1::Endpoint::default()
    };
    made(Kind::Endpoint, &format!("app/app{number}"), Body::Endpoint(body))
}

fn hash(table: v1::HashTable) -> Algorithm {
    Algorithm::Hash(v1::Hash {
        key: Some(v1::hash::Key::Source(v1::Empty {})),
        table: table.into(),
        function: v1::HashFunction::Sdbm.into(),
        ..v1::Hash::default()
    })
}

/// A proxy that serves 50 000 endpoints, and what its last generation is.
struct Proxy {
    engine: Engine,
    runtime: Arc<Runtime>,
}

impl Proxy {
    fn new(algorithm: Algorithm) -> Self {
        let engine = Engine::start(Settings { workers: 2, ..Settings::default() }).expect("threads start");
        let mut resources: Vec<Resource> = (1..=ENDPOINTS).map(|number| endpoint(number, 1)).collect();
        resources.push(backend(algorithm));
        let runtime = compile(None, Change::Full(&resources)).expect("invariant: they are good");
        let mut proxy = Self { engine, runtime: Arc::default() };
        proxy.commit(runtime);
        proxy
    }

    fn commit(&mut self, runtime: Runtime) {
        self.runtime = Arc::new(runtime);
        // Generations follow each other faster than a worker may hear of them that has no processor: it is waited for.
        let prepared = loop {
            match self.engine.prepare(Arc::clone(&self.runtime)) {
                Ok(prepared) => break prepared,
                Err(rejections) => {
                    let late = rejections.iter().all(|it| matches!(it.reason, Reason::Worker(_)));
                    assert!(late, "nothing is bound: {rejections:?}");
                    std::thread::yield_now();
                }
            }
        };
        self.engine.commit(prepared);
    }

    fn apply(&mut self, changed: &[Resource], removed: &[v1::ObjectId]) {
        let delta = Change::Delta { changed, removed };
        self.commit(compile(Some(&self.runtime), delta).expect("invariant: it is good"));
    }
}

fn change(c: &mut Criterion) {
    let algorithms = [
        ("roundrobin", Algorithm::RoundRobin(v1::RoundRobin {})),
        ("leastconn", Algorithm::LeastConnections(v1::LeastConnections {})),
        ("random", Algorithm::Random(v1::Random { draws: 2 })),
        ("map-based", hash(v1::HashTable::Map)),
        ("consistent", hash(v1::HashTable::Ring)),
        ("maglev", hash(v1::HashTable::Maglev)),
    ];
    let mut group = c.benchmark_group("commit one endpoint of 50 000");
    group.sample_size(20);
    for (name, algorithm) in algorithms {
        let mut proxy = OnceCell::new();
        let start = || Proxy::new(algorithm.clone());
        let mut weight = 1;
        group.bench_function(BenchmarkId::new("another weight", name), |b| {
            proxy.get_or_init(start);
            let Some(proxy) = proxy.get_mut() else { return };
            b.iter(|| {
                weight = 3 - weight;
                proxy.apply(&[endpoint(ENDPOINTS / 2, weight)], &[]);
            });
        });
        let id = endpoint(ENDPOINTS / 2, 1).id.expect("invariant: made with one");
        let mut there = true;
        group.bench_function(BenchmarkId::new("goes or comes", name), |b| {
            proxy.get_or_init(start);
            let Some(proxy) = proxy.get_mut() else { return };
            b.iter(|| {
                match there {
                    true => proxy.apply(&[], std::slice::from_ref(&id)),
                    false => proxy.apply(&[endpoint(ENDPOINTS / 2, 1)], &[]),
                }
                there = !there;
            });
        });
    }
    group.finish();
}

criterion_group!(benches, change);
criterion_main!(benches);
