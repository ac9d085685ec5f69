//! leastconn with several threads that take and release, without a lock and, to compare, with one.
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use sluicegate_balance::{Tournament, connections};

const SIZES: [u32; 3] = [10, 1_000, 50_000];
const THREADS: [u32; 3] = [1, 2, 8];

struct Farm {
    loads: Vec<AtomicU32>,
    index: Tournament,
}

impl Farm {
    fn new(many: u32) -> Self {
        let index = Tournament::new((0..many).map(|_| connections(0, 1)));
        Self { loads: (0..many).map(|_| AtomicU32::new(0)).collect(), index }
    }

    fn cost(&self, place: u32) -> u32 {
        connections(self.loads[place as usize].load(SeqCst), 1)
    }

    fn take_and_release(&self) {
        let take = |place: u32, cost: u32| {
            let load = &self.loads[place as usize];
            let now = load.load(SeqCst);
            connections(now, 1) == cost && load.compare_exchange(now, now + 1, SeqCst, SeqCst).is_ok()
        };
        let Some(place) = self.index.take(|place| self.cost(place), take) else { return };
        self.loads[place as usize].fetch_sub(1, SeqCst);
        self.index.update(place, || self.cost(place));
    }
}

/// What each thread does `times`, with all of them at once: the time until the last is done.
fn together(threads: u32, times: u64, act: impl Fn() + Sync) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| (0..times).for_each(|_| act()));
        }
    });
    start.elapsed() / threads
}

/// The time of one choice with its release; of several threads the machine's time for one of them.
fn leastconn(c: &mut Criterion) {
    let mut group = c.benchmark_group("leastconn, take and release");
    for (many, threads) in SIZES.into_iter().flat_map(|many| THREADS.map(|threads| (many, threads))) {
        let parameter = format!("{many} endpoints, {threads} threads");
        let farm = Farm::new(many);
        group.bench_function(BenchmarkId::new("no lock", &parameter), |b| {
            b.iter_custom(|times| together(threads, times, || farm.take_and_release()));
        });
        let sorted: Mutex<BTreeSet<(u32, u32)>> = Mutex::new((0..many).map(|place| (0, place)).collect());
        group.bench_function(BenchmarkId::new("lock", &parameter), |b| {
            b.iter_custom(|times| together(threads, times, || locked(&sorted)));
        });
    }
    group.finish();
}

fn locked(sorted: &Mutex<BTreeSet<(u32, u32)>>) {
    let lock = || sorted.lock().unwrap_or_else(|error| error.into_inner());
    let taken = |mut sorted: std::sync::MutexGuard<BTreeSet<(u32, u32)>>| {
        let (load, place) = sorted.pop_first()?;
        sorted.insert((load + 1, place));
        Some((load + 1, place))
    };
    let Some((load, place)) = taken(lock()) else { return };
    let mut sorted = lock();
    // Another may have taken it too meanwhile.
    let load = (load..).find(|&load| sorted.remove(&(load, place))).unwrap_or(load);
    sorted.insert((load - 1, place));
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(10)
}

criterion_group!(name = benches; config = short(); targets = leastconn);
criterion_main!(benches);
