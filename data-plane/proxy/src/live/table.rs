//! Who takes traffic now, and who of them is next.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_balance::{Bounds, Maglev, Map, PeakEwma, Ring, Schedule, Server, draw, draw_cheapest};
use sluicegate_model::Backend;
use sluicegate_model::backend::{Balance, HashTable};

use super::endpoint::LiveEndpoint;
use super::index::{By, Index};
use super::roster::Roster;
use crate::chance::mix;

/// The usable endpoints of a backend; replaced when a configuration or a health changes, read on each request.
#[derive(Debug, Default)]
pub(super) struct Table {
    order: Order,
    /// Indices into the backend's endpoints, each once, sorted.
    usable: Box<[u32]>,
    roster: Roster,
}

/// By what the next one is found.
#[derive(Debug)]
enum Order {
    Turns(Schedule),
    Slots(Map),
    /// With the load that each may have, in percent of its share, where that is bounded.
    Ring(Ring, Option<(Bounds, u32)>),
    /// The least loaded of so many that chance finds on the ring.
    Chance(Ring, NonZeroU32),
    /// Equal slots.
    Maglev(Maglev),
    /// The cheapest of two that chance finds on the ring.
    Latency(Ring, PeakEwma),
    /// What they have.
    Index(Arc<Index>),
}

/// What the endpoints of a backend have now, by their places.
pub(super) trait Loads {
    /// Exchanges at all of them.
    fn all(&self) -> u32;
    /// Exchanges at one, those that wait for it and no other included.
    fn load(&self, place: u32) -> u32;
    /// What one more exchange would cost at one.
    fn cost(&self, rule: &PeakEwma, place: u32) -> f64;
    /// Whether keys stay with one though others may be idle (HAProxy: hash-preserve-affinity).
    fn keeps(&self, place: u32) -> bool;
}

impl Default for Order {
    fn default() -> Self {
        Self::Turns(Schedule::default())
    }
}

/// Who is to be told to an index once it is in force.
pub(super) enum Untold {
    All,
    These(Vec<u32>),
}

impl Table {
    /// `previous`: the one that it takes the place of. `touched`: who is not as they were then, where everybody has their
    /// place of then; `None`: some have another.
    pub(super) fn build(
        config: &Backend,
        endpoints: &[Arc<LiveEndpoint>],
        roster: Roster,
        previous: &Self,
        touched: Option<&[u32]>,
    ) -> (Self, Untold) {
        let settings = &config.settings;
        if settings.disabled {
            return (Self { roster, ..Self::default() }, Untold::All);
        }
        let eligible = roster.eligible(settings.all_backups);
        let usable: Box<[u32]> = eligible.iter().map(|(place, _)| *place).collect();
        let servers = || roster.servers(&eligible);
        let ring = |servers: &[Server]| match &previous.order {
            Order::Ring(ring, _) | Order::Chance(ring, _) | Order::Latency(ring, _) => ring.renewed(servers),
            Order::Turns(_) | Order::Slots(_) | Order::Maglev(_) | Order::Index(_) => Ring::new(servers),
        };
        let map = || Map::new(&servers(), roster.divisor());
        let mut untold = Untold::All;
        let mut index = |by| {
            let (index, told) = previous.indexed(by, endpoints, &usable, touched);
            untold = told;
            Order::Index(index)
        };
        let order = match &settings.balance {
            Balance::RoundRobin => Order::Turns(Schedule::new(&eligible)),
            Balance::StaticRoundRobin => Order::Slots(map()),
            Balance::LeastConnections => index(By::Load),
            Balance::First => index(By::Number),
            Balance::Random(draws) => Order::Chance(ring(&servers()), *draws),
            Balance::PeakEwma { decay } => Order::Latency(ring(&servers()), peak_ewma(*decay)),
            Balance::Hash(hash) => match hash.table {
                HashTable::Map => Order::Slots(map()),
                HashTable::Maglev => Order::Maglev(Maglev::new(&servers())),
                HashTable::Ring => {
                    let servers = servers();
                    let bounds = |percent: NonZeroU32| (Bounds::new(&servers), percent.get());
                    Order::Ring(ring(&servers), hash.balance_factor_percent.map(bounds))
                }
            },
        };
        (Self { order, usable, roster }, untold)
    }

    /// The index of those that are usable now: the one there is, where everybody has their place in it.
    fn indexed(
        &self,
        by: By,
        endpoints: &[Arc<LiveEndpoint>],
        usable: &[u32],
        touched: Option<&[u32]>,
    ) -> (Arc<Index>, Untold) {
        let state = |place: u32| &endpoints[place as usize].state;
        let elastic = |places: &[u32]| places.iter().any(|&place| state(place).is_elastic());
        if let (Order::Index(index), Some(touched)) = (&self.order, touched)
            && index.goes_by(by, elastic(touched))
        {
            let mut untold = turned(&self.usable, usable);
            untold.iter().for_each(|&place| state(place).set_eligible(contains(usable, place)));
            untold.extend(touched);
            return (Arc::clone(index), Untold::These(untold));
        }
        let mut next = usable.iter().peekable();
        let members = (0..).zip(endpoints).map(|(place, endpoint)| {
            endpoint.state.set_eligible(next.next_if(|&&usable| usable == place).is_some());
            Arc::clone(&endpoint.state)
        });
        (Arc::new(Index::new(by, members)), Untold::All)
    }

    /// What is asked of each endpoint.
    pub(super) fn roster(&self) -> &Roster {
        &self.roster
    }

    /// By what the next one is found, where that hangs on what they have.
    pub(super) fn index(&self) -> Option<&Arc<Index>> {
        match &self.order {
            Order::Index(index) => Some(index),
            _ => None,
        }
    }

    /// How the times of answers count, where they do.
    pub(super) fn latency(&self) -> Option<&PeakEwma> {
        match &self.order {
            Order::Latency(_, rule) => Some(rule),
            _ => None,
        }
    }

    /// Who is next of those that are `asked` and that `take` succeeds with; `None` also where an index says who. `cursor` is
    /// another number each time.
    pub(super) fn pick(
        &self,
        cursor: u64,
        loads: &impl Loads,
        asked: impl Fn(u32) -> bool,
        take: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let takes = |place| asked(place) && take(place);
        let chance = |draw: u64| mix(cursor.rotate_left(20) ^ draw);
        match &self.order {
            Order::Turns(turns) => turns.pick(cursor, takes),
            Order::Slots(map) => map.turn(cursor, takes),
            Order::Maglev(maglev) => maglev.turn(cursor, takes),
            Order::Ring(ring, _) => ring.turn(cursor, takes),
            Order::Chance(ring, draws) => {
                let numbers = (0..u64::from(draws.get())).map(chance);
                draw(ring, numbers, asked, |place| loads.load(place)).filter(|&place| take(place))
            }
            Order::Latency(ring, rule) => {
                let cost = |place| loads.cost(rule, place);
                draw_cheapest(ring, (0..2).map(chance), asked, cost).filter(|&place| take(place))
            }
            Order::Index(_) => None,
        }
    }

    /// Who of those that `may` has the keys of a hash; one that does not keep keys now only where nobody else is. `None`: none
    /// of them takes traffic, or there is no order by hashes.
    pub(super) fn at(&self, hash: u32, loads: &impl Loads, may: impl Fn(u32) -> bool) -> Option<u32> {
        let keeps = |place| may(place) && loads.keeps(place);
        let (ring, bounds) = match &self.order {
            Order::Slots(map) => return map.at(hash, may),
            Order::Ring(ring, bounds) => (ring, bounds),
            Order::Maglev(maglev) => return maglev.at(hash, keeps).or_else(|| maglev.at(hash, &may)),
            Order::Turns(_) | Order::Chance(..) | Order::Latency(..) | Order::Index(_) => return None,
        };
        let bounded = bounds.as_ref().and_then(|(bounds, percent)| {
            let all = u64::from(loads.all());
            let has_room = |place| u64::from(loads.load(place)) < bounds.most(place, all, *percent);
            ring.at(hash, |place| keeps(place) && has_room(place))
        });
        bounded.or_else(|| ring.at(hash, keeps)).or_else(|| ring.at(hash, &may))
    }

    /// How many are usable.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        contains(&self.usable, index)
    }
}

/// An endpoint that never answered is taken to be slow until it has.
fn peak_ewma(decay: Duration) -> PeakEwma {
    PeakEwma { decay, penalty: Duration::from_secs(1) }
}

fn contains(sorted: &[u32], place: u32) -> bool {
    sorted.binary_search(&place).is_ok()
}

/// What is in one of two sorted lists alone.
fn turned(before: &[u32], after: &[u32]) -> Vec<u32> {
    let head = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[head..], &after[head..]);
    let gone = before.iter().filter(|&&place| !contains(after, place));
    let came = after.iter().filter(|&&place| !contains(before, place));
    gone.chain(came).copied().collect()
}
