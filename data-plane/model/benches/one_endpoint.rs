//! What a change of one endpoint costs, in backends of different sizes.
#![allow(missing_docs)]

use std::hint::black_box;
use std::net::SocketAddr;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_model::{Change, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{self, Kind, Resource, resource::Body};

fn made(kind: Kind, name: &str, body: Body) -> Resource {
    let key = ObjectKey::new("bench", "", kind, name).expect("invariant: the names are plain");
    build::resource(&key, v1::Origin::default(), "", body).expect("invariant: the kinds agree")
}

fn backend() -> Resource {
    let round_robin = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
    let body = v1::Backend {
        mode: v1::Mode::Tcp as i32,
        balance: Some(v1::Balance { algorithm: Some(round_robin) }),
        ..v1::Backend::default()
    };
    made(Kind::Backend, "app", Body::Backend(body))
}

fn endpoint(number: u32, weight: u32) -> Resource {
    let address = SocketAddr::from(([127, 0, 0, 1], 80));
    let id = ObjectKey::new("bench", "", Kind::Backend, "app").expect("invariant: the names are plain");
    let body = v1::Endpoint {
        backend: Some((&id).into()),
        name: format!("app{number}"),
        number,
        address: Some(v1::endpoint::Address::Ip(build::ip_address(address))),
        weight,
        ..v1::Endpoint::default()
    };
    made(Kind::Endpoint, &format!("app/app{number}"), Body::Endpoint(body))
}

fn change(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile one changed endpoint of");
    for many in [10, 1_000, 50_000] {
        let mut resources: Vec<Resource> = (1..=many).map(|number| endpoint(number, 1)).collect();
        resources.push(backend());
        let before = compile(None, Change::Full(&resources)).expect("invariant: the resources are good");
        let changed = [endpoint(7, 2)];
        group.bench_function(BenchmarkId::from_parameter(many), |b| {
            b.iter(|| black_box(compile(Some(&before), Change::Delta { changed: &changed, removed: &[] })));
        });
    }
    group.finish();
}

criterion_group!(benches, change);
criterion_main!(benches);
