//! What a change of one endpoint of 50 000 costs from the delta to the commit, by the way to balance.
#![allow(missing_docs)]

use std::net::SocketAddr;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_engine::engine::{Engine, Settings};
use sluicegate_model::{Change, compile};
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

fn change(c: &mut Criterion) {
    let mut group = c.benchmark_group("commit one changed endpoint of 50 000");
    group.sample_size(20);
    let algorithms = [
        ("roundrobin", Algorithm::RoundRobin(v1::RoundRobin {})),
        ("leastconn", Algorithm::LeastConnections(v1::LeastConnections {})),
        ("random", Algorithm::Random(v1::Random { draws: 2 })),
        ("map-based", hash(v1::HashTable::Map)),
        ("consistent", hash(v1::HashTable::Ring)),
        ("maglev", hash(v1::HashTable::Maglev)),
    ];
    for (name, algorithm) in algorithms {
        let engine = Engine::start(Settings { workers: 2, ..Settings::default() }).expect("threads start");
        let mut resources: Vec<Resource> = (1..=ENDPOINTS).map(|number| endpoint(number, 1)).collect();
        resources.push(backend(algorithm));
        let mut runtime =
            Arc::new(compile(None, Change::Full(&resources)).expect("invariant: they are good"));
        engine.commit(engine.prepare(Arc::clone(&runtime)).expect("nothing is bound"));
        let mut weight = 1;
        group.bench_function(BenchmarkId::from_parameter(name), |b| {
            b.iter(|| {
                weight = 3 - weight;
                let changed = [endpoint(7, weight)];
                let delta = Change::Delta { changed: &changed, removed: &[] };
                runtime = Arc::new(compile(Some(&runtime), delta).expect("invariant: it is good"));
                engine.commit(engine.prepare(Arc::clone(&runtime)).expect("nothing is bound"));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, change);
criterion_main!(benches);
