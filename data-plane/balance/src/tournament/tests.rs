use std::collections::BTreeSet;
use std::thread;

use super::*;

/// Endpoints that cost as many connections as they have, or nothing less than [`NEVER`].
struct Loads {
    index: Tournament,
    loads: Vec<AtomicU32>,
}

impl Loads {
    fn new(places: u32) -> Self {
        let index = Tournament::new((0..places).map(|_| 0));
        Self { index, loads: (0..places).map(|_| AtomicU32::new(0)).collect() }
    }

    fn cost(&self, place: u32) -> u32 {
        step();
        self.loads[place as usize].load(SeqCst)
    }

    fn tell(&self, place: u32) {
        self.index.update(place, || self.cost(place));
    }

    fn take(&self) -> Option<u32> {
        let take = |place: u32, cost: u32| {
            self.loads[place as usize].compare_exchange(cost, cost + 1, SeqCst, SeqCst).is_ok()
        };
        self.index.take(|place| self.cost(place), take)
    }

    fn release(&self, place: u32) {
        self.loads[place as usize].fetch_sub(1, SeqCst);
        self.tell(place);
    }

    fn set(&self, place: u32, cost: u32) {
        self.loads[place as usize].store(cost, SeqCst);
        self.tell(place);
    }

    fn all(&self) -> Vec<u32> {
        self.loads.iter().map(|load| load.load(SeqCst)).collect()
    }

    /// Every node is what its children make it.
    fn check(&self) {
        for (below, above) in self.index.levels.iter().zip(&self.index.levels[1..]) {
            for (at, children) in below.iter().enumerate() {
                let node = above[at / ARITY].word(at % ARITY);
                assert_eq!(node.cost(), children.least(0).cost);
                assert_eq!(children.word(node.winner()).cost(), node.cost());
            }
        }
        let all = self.all();
        let least = self.index.least();
        assert_eq!(least.map_or(NEVER, |(_, cost)| cost), all.iter().copied().min().unwrap());
        least.iter().for_each(|&(place, cost)| assert_eq!(all[place as usize], cost));
    }
}

pub(super) fn roll(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn nobody() {
    assert_eq!(Tournament::new([]).least(), None);
    assert_eq!(Tournament::new([NEVER; 9]).least(), None);
    Tournament::new([]).update(0, || 0);
}

#[test]
fn places_that_there_are_not_are_never_chosen() {
    let index = Tournament::new([5; 9]);
    (9..100).for_each(|place| index.update(place, || 0));
    assert_eq!(index.least(), Some((0, 5)));
    // On the way down from a root that was read before, all of a line may cost too much by now.
    for many in [9, 17, 65, 700] {
        let index = Tournament::new((0..many).map(|_| 0));
        (0..many).for_each(|place| index.update(place, || NEVER));
        let below = |(at, level): (usize, &Level)| {
            let words = level.len().min(index.levels.get(at + 1).map_or(1, |above| above.len() * ARITY));
            let parents = index.levels.get(at + 1).into_iter().flatten();
            let winners = parents.flat_map(|line| (0..ARITY).map(|at| line.word(at).winner()));
            assert!(winners.take(words).all(|winner| winner == 0), "{many}");
        };
        index.levels.iter().enumerate().for_each(below);
        assert_eq!(index.least(), None);
    }
}

#[test]
fn an_index_starts_with_the_costs() {
    assert_eq!(Tournament::new([7]).least(), Some((0, 7)));
    assert_eq!(Tournament::new((0..1_000).map(|n| 1_000 - n)).least(), Some((999, 1)));
    assert_eq!(Tournament::new((0..100).map(|n| n % 10)).least(), Some((0, 0)));
}

#[test]
fn equals_take_turns() {
    for places in [1, 7, 8, 9, 64, 65, 100] {
        let loads = Loads::new(places);
        for round in 1..4 {
            (0..places).for_each(|_| assert!(loads.take().is_some()));
            assert_eq!(loads.all(), vec![round; places as usize]);
        }
        // One that is given back at once waits for all others.
        let idle = Loads::new(places);
        for _ in 0..3 {
            let taken: BTreeSet<u32> =
                (0..places).filter_map(|_| idle.take().inspect(|&place| idle.release(place))).collect();
            assert_eq!(taken.len() as u32, places);
        }
    }
}

#[test]
fn the_least_is_found_after_any_change() {
    let (loads, mut seed) = (Loads::new(700), 7);
    for _ in 0..5_000 {
        let place = (roll(&mut seed) % 700) as u32;
        let cost = [NEVER, 0, 1, 2, 1000][roll(&mut seed) as usize % 5];
        loads.set(place, cost);
        loads.check();
    }
    (0..700).for_each(|place| loads.set(place, NEVER));
    assert_eq!(loads.take(), None);
}

/// With the lowest place first and those that are full out of it, this is HAProxy's `first`.
#[test]
fn the_first_that_is_free() {
    let index = Tournament::new((0..20).map(|place| if place < 3 { NEVER } else { place }));
    assert_eq!(index.least(), Some((3, 3)));
    index.update(3, || NEVER);
    assert_eq!(index.least(), Some((4, 4)));
    index.update(3, || 3);
    assert_eq!(index.least(), Some((3, 3)));
}

/// Each choice is of the least at its moment, so that nobody ever has two more than another.
#[test]
fn threads_that_only_take_end_level() {
    let loads = Loads::new(100);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25_000).for_each(|_| assert!(loads.take().is_some())));
        }
    });
    assert_eq!(loads.all(), vec![2_000; 100]);
    loads.check();
}

/// Whatever the order of their accesses, what three threads changed is at the root.
#[test]
fn no_update_is_lost() {
    for seed in 1..=400_u64 {
        let places = 2 + (seed % 9) as u32;
        let loads = Loads::new(places);
        let change = |number: u64| {
            let mut seed = seed << 8 | number;
            (0..2).for_each(|_| {
                loads.set((roll(&mut seed) % u64::from(places)) as u32, 1 + (roll(&mut seed) % 3) as u32)
            });
        };
        schedule::run(seed, &[&|| change(1), &|| change(2), &|| change(3)]);
        loads.check();
    }
}

/// The same with connections that come and go; nobody is given one that another has been given at that cost.
#[test]
fn no_connection_is_lost() {
    for seed in 1..=100_u64 {
        let loads = Loads::new(3);
        let pair = || {
            let first = loads.take().unwrap();
            let second = loads.take().unwrap();
            loads.release(first);
            loads.take().unwrap();
            loads.release(second);
        };
        schedule::run(seed, &[&pair, &pair, &pair]);
        assert_eq!(loads.all().iter().sum::<u32>(), 3);
        loads.check();
    }
}

/// As fast as they can.
#[test]
fn threads_that_take_and_release_end_idle() {
    let loads = Loads::new(20);
    thread::scope(|scope| {
        for number in 1..=4_u64 {
            let loads = &loads;
            scope.spawn(move || {
                let (mut seed, mut held) = (number, Vec::new());
                for _ in 0..100_000 {
                    match roll(&mut seed) % 2 {
                        0 => held.extend(loads.take()),
                        _ => held.pop().into_iter().for_each(|place| loads.release(place)),
                    }
                }
                held.into_iter().for_each(|place| loads.release(place));
            });
        }
    });
    assert_eq!(loads.all(), vec![0; 20]);
    loads.check();
}
