//! What a choice costs, and one changed endpoint, in backends of different sizes.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_balance::{
    Bounds, Hashing, Latency, Maglev, Map, NodeKey, PeakEwma, Ring, Schedule, Server, Tournament,
    connections, draw, node_key,
};

const SIZES: [u32; 3] = [10, 1_000, 50_000];

fn servers(many: u32) -> Vec<Server> {
    (0..many).map(|place| Server { place, key: node_key(NodeKey::Id(place + 1)), weight: 16 }).collect()
}

/// Hashes of keys that differ in little.
fn hashes() -> impl FnMut() -> u32 {
    let mut key = 0_u64;
    move || {
        key += 1;
        Hashing::by_default(true).of(&key.to_le_bytes())
    }
}

/// The index of endpoints that are all idle.
fn idle(many: u32) -> Tournament {
    Tournament::new((0..many).map(|_| connections(0, 1)))
}

fn turns(c: &mut Criterion) {
    let mut group = c.benchmark_group("choose");
    for many in SIZES {
        let (servers, mut cursor) = (servers(many), 0_u64);
        let mut next = move || {
            cursor += 1;
            cursor
        };
        let weights: Vec<(u32, u16)> = servers.iter().map(|server| (server.place, server.weight)).collect();
        let (schedule, map) = (Schedule::new(&weights), Map::new(&servers, 16));
        group.bench_function(BenchmarkId::new("roundrobin", many), |b| {
            b.iter(|| schedule.pick(next(), |_| true))
        });
        group.bench_function(BenchmarkId::new("static-rr", many), |b| b.iter(|| map.turn(next(), |_| true)));
    }
    group.finish();
}

fn hashed(c: &mut Criterion) {
    let mut group = c.benchmark_group("choose");
    for many in SIZES {
        let (servers, mut hash) = (servers(many), hashes());
        let (map, ring, maglev) = (Map::new(&servers, 16), Ring::new(&servers), Maglev::new(&servers));
        let bounds = Bounds::new(&servers);
        group.bench_function(BenchmarkId::new("map-based", many), |b| b.iter(|| map.at(hash(), |_| true)));
        group.bench_function(BenchmarkId::new("consistent", many), |b| b.iter(|| ring.at(hash(), |_| true)));
        group.bench_function(BenchmarkId::new("consistent, bounded", many), |b| {
            b.iter(|| ring.at(hash(), |place| bounds.most(place, 7, 125) > 0));
        });
        group.bench_function(BenchmarkId::new("maglev", many), |b| b.iter(|| maglev.at(hash(), |_| true)));
        group.bench_function(BenchmarkId::new("random(2)", many), |b| {
            b.iter(|| draw(&ring, [hash(), hash()], |_| true, |place| place));
        });
    }
    group.finish();
}

fn loaded(c: &mut Criterion) {
    let mut group = c.benchmark_group("choose");
    let ewma = PeakEwma { decay: Duration::from_secs(10), penalty: Duration::from_secs(1) };
    for many in SIZES {
        let index = idle(many);
        group.bench_function(BenchmarkId::new("leastconn, first: read", many), |b| b.iter(|| index.least()));
        group.bench_function(BenchmarkId::new("leastconn, first: update", many), |b| {
            let mut place = 0;
            b.iter(|| {
                place = (place + 7919) % many;
                index.update(place, || black_box(256));
            });
        });
        let known: Vec<Latency> = (0..many)
            .map(|place| Latency {
                average_seconds: f64::from(place % 7),
                at: Duration::from_millis(place.into()),
            })
            .collect();
        let (mut number, now) = (hashes(), Duration::from_secs(60));
        group.bench_function(BenchmarkId::new("peak-ewma of 2", many), |b| {
            b.iter(|| {
                let mut drawn = || number() % many;
                let cost = |place: u32| ewma.cost(Some(known[place as usize]), 1, now);
                let (one, other) = (drawn(), drawn());
                if cost(one) <= cost(other) { one } else { other }
            });
        });
    }
    group.finish();
}

/// Time that this thread had a processor, of calls one after the other: a change is a matter of work, not of waiting.
fn work(times: u64, act: &dyn Fn()) -> Duration {
    let worked = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
    };
    let before = worked();
    (0..times).for_each(|_| act());
    // The kernel counts by ticks; 0 has no logarithm.
    worked().saturating_sub(before).max(Duration::from_nanos(times))
}

/// One endpoint of many gets another weight, where the others have 1 and where they have 100.
fn changed(c: &mut Criterion) {
    let mut group = c.benchmark_group("change one");
    for (many, weight) in SIZES.into_iter().flat_map(|many| [(many, 1), (many, 100)]) {
        let before: Vec<Server> =
            servers(many).into_iter().map(|server| Server { weight: weight * 16, ..server }).collect();
        let mut after = before.clone();
        after[many as usize / 2].weight += 1;
        let weights: Vec<(u32, u16)> = after.iter().map(|server| (server.place, server.weight)).collect();
        let ring = Ring::new(&before);
        let mut bench = |name: &str, act: &dyn Fn()| {
            let id = BenchmarkId::new(name, format!("{many} of weight {weight}"));
            group.bench_function(id, |b| b.iter_custom(|times| work(times, act)));
        };
        bench("roundrobin", &|| drop(black_box(Schedule::new(&weights))));
        bench("static-rr, map-based", &|| drop(black_box(Map::new(&after, 1))));
        bench("consistent", &|| drop(black_box(ring.renewed(&after))));
        bench("consistent, from nothing", &|| drop(black_box(Ring::new(&after))));
        bench("bounds", &|| drop(black_box(Bounds::new(&after))));
        bench("maglev", &|| drop(black_box(Maglev::new(&after))));
        bench("leastconn, first: from nothing", &|| drop(black_box(idle(many))));
    }
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20)
}

criterion_group!(name = benches; config = short(); targets = turns, hashed, loaded, changed);
criterion_main!(benches);
