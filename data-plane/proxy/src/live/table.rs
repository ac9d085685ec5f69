//! Who takes traffic now, and who of them is next.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_balance::{
    Bounds, Candidate, Maglev, Map, NodeKey, PeakEwma, Ring, Schedule, Server, divisor, draw, draw_cheapest,
    eligible, node_key,
};
use sluicegate_model::Backend;
use sluicegate_model::backend::{Balance, HashTable};
use sluicegate_model::endpoint::HashIdentity;

use super::endpoint::LiveEndpoint;
use super::index::{By, Index};
use crate::chance::mix;
use crate::stream::Target;

/// The usable endpoints of a backend; replaced when a configuration or a health changes, read on each request.
#[derive(Debug, Default)]
pub(super) struct Table {
    order: Order,
    /// Indices into the backend's endpoints, each once, sorted.
    usable: Box<[u32]>,
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

impl Table {
    /// `previous`: the one that it takes the place of.
    pub(super) fn build(config: &Backend, endpoints: &[Arc<LiveEndpoint>], previous: &Self) -> Self {
        let settings = &config.settings;
        if settings.disabled {
            return Self::default();
        }
        let candidates = endpoints.iter().map(|endpoint| Candidate {
            weight: endpoint.state.weight_in_sixteenths(),
            backup: endpoint.config.backup,
            usable: !endpoint.is_disabled() && !endpoint.drains() && endpoint.state.is_usable(),
        });
        let eligible = eligible(candidates, settings.all_backups);
        let usable = eligible.iter().map(|(place, _)| *place).collect();
        let servers = || -> Vec<Server> {
            let key = |place: u32| node_key(identity(&endpoints[place as usize]));
            eligible.iter().map(|&(place, weight)| Server { place, key: key(place), weight }).collect()
        };
        let ring = |servers: &[Server]| match &previous.order {
            Order::Ring(ring, _) | Order::Chance(ring, _) | Order::Latency(ring, _) => ring.renewed(servers),
            Order::Turns(_) | Order::Slots(_) | Order::Maglev(_) | Order::Index(_) => Ring::new(servers),
        };
        let weights = endpoints.iter().map(|endpoint| endpoint.state.weight_in_sixteenths());
        let map = || Map::new(&servers(), divisor(weights));
        let index = |by| {
            let places = endpoints.iter().map(|endpoint| &endpoint.state);
            for (state, place) in places.zip(0..) {
                state.set_eligible(eligible.binary_search_by_key(&place, |(place, _)| *place).is_ok());
            }
            Order::Index(Arc::new(Index::new(
                by,
                endpoints.iter().map(|endpoint| Arc::clone(&endpoint.state)),
            )))
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
        Self { order, usable }
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

    /// Who has the keys of a hash; one that `shuns` holds of, or that does not keep keys now, only where nobody else is.
    /// `None`: nobody takes traffic, or there is no order by hashes.
    pub(super) fn at(&self, hash: u32, loads: &impl Loads, shuns: impl Fn(u32) -> bool) -> Option<u32> {
        let keeps = |place| !shuns(place) && loads.keeps(place);
        let (ring, bounds) = match &self.order {
            Order::Slots(map) => return map.at(hash),
            Order::Ring(ring, bounds) => (ring, bounds),
            Order::Maglev(maglev) => {
                let any = || maglev.at(hash, |place| !shuns(place)).or_else(|| maglev.at(hash, |_| true));
                return maglev.at(hash, keeps).or_else(any);
            }
            Order::Turns(_) | Order::Chance(..) | Order::Latency(..) | Order::Index(_) => return None,
        };
        let bounded = bounds.as_ref().and_then(|(bounds, percent)| {
            let all = u64::from(loads.all());
            let has_room = |place| u64::from(loads.load(place)) < bounds.most(place, all, *percent);
            ring.at(hash, |place| keeps(place) && has_room(place))
        });
        bounded
            .or_else(|| ring.at(hash, keeps))
            .or_else(|| ring.at(hash, |place| !shuns(place)))
            .or_else(|| ring.at(hash, |_| true))
    }

    /// How many are usable.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        self.usable.binary_search(&index).is_ok()
    }
}

/// An endpoint that never answered is taken to be slow until it has.
fn peak_ewma(decay: Duration) -> PeakEwma {
    PeakEwma { decay, penalty: Duration::from_secs(1) }
}

/// What hashes know an endpoint by. One without an address is known by its number.
fn identity(endpoint: &LiveEndpoint) -> NodeKey {
    match (endpoint.config.hash_identity, endpoint.target()) {
        (HashIdentity::Address, Some(Target::Ip(address))) => NodeKey::Addr(address.ip()),
        (HashIdentity::AddressAndPort, Some(Target::Ip(address))) => NodeKey::AddrPort(address),
        _ => NodeKey::Id(endpoint.config.number.get()),
    }
}
