//! Who takes traffic now, and who of them is next.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_balance::{
    Bounds, Candidate, Map, NodeKey, Ring, Schedule, Server, divisor, draw, eligible, node_key,
};
use sluicegate_model::Backend;
use sluicegate_model::backend::{Balance, HashTable};

use super::endpoint::LiveEndpoint;
use super::index::{By, Index};
use crate::chance::mix;

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
    /// What they have.
    Index(Arc<Index>),
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
            weight: endpoint.config.weight,
            backup: endpoint.config.backup,
            usable: !endpoint.config.disabled && !endpoint.config.drain && endpoint.state.is_usable(),
        });
        let eligible = eligible(candidates, settings.all_backups);
        let usable = eligible.iter().map(|(place, _)| *place).collect();
        let servers = || -> Vec<Server> {
            let number = |place: u32| endpoints[place as usize].config.number.get();
            let server =
                |&(place, weight)| Server { place, key: node_key(NodeKey::Id(number(place))), weight };
            eligible.iter().map(server).collect()
        };
        let ring = |servers: &[Server]| match &previous.order {
            Order::Ring(ring, _) | Order::Chance(ring, _) => ring.renewed(servers),
            Order::Turns(_) | Order::Slots(_) | Order::Index(_) => Ring::new(servers),
        };
        let map = || Map::new(&servers(), divisor(endpoints.iter().map(|endpoint| endpoint.config.weight)));
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
            Balance::Hash(hash) => match hash.table {
                HashTable::Map => Order::Slots(map()),
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
            Order::Turns(_) | Order::Slots(_) | Order::Ring(..) | Order::Chance(..) => None,
        }
    }

    /// Who is next of those that `take` succeeds with; `None` also where an index says who. `cursor` is another number each
    /// time. `load`: exchanges at the endpoint of a place, those that wait for it included.
    pub(super) fn pick(
        &self,
        cursor: u64,
        load: impl Fn(u32) -> u32,
        mut take: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        match &self.order {
            Order::Turns(turns) => turns.pick(cursor, take),
            Order::Slots(map) => map.turn(cursor, take),
            Order::Ring(ring, _) => ring.turn(cursor, take),
            Order::Chance(ring, draws) => {
                let numbers = (0..u64::from(draws.get())).map(|draw| mix(cursor.rotate_left(20) ^ draw));
                draw(ring, numbers, load).filter(|&place| take(place))
            }
            Order::Index(_) => None,
        }
    }

    /// Who has the keys of a hash; one that `shuns` holds of only where nobody else has. `None`: nobody takes traffic, or
    /// there is no order by hashes. `all`: exchanges at all endpoints; `load` as in [`Self::pick`].
    pub(super) fn at(
        &self,
        hash: u32,
        all: impl Fn() -> u32,
        load: impl Fn(u32) -> u32,
        shuns: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let (ring, bounds) = match &self.order {
            Order::Slots(map) => return map.at(hash),
            Order::Ring(ring, bounds) => (ring, bounds),
            Order::Turns(_) | Order::Chance(..) | Order::Index(_) => return None,
        };
        let bounded = bounds.as_ref().and_then(|(bounds, percent)| {
            let all = u64::from(all());
            let has_room = |place| u64::from(load(place)) < bounds.most(place, all, *percent);
            ring.at(hash, |place| !shuns(place) && has_room(place))
        });
        bounded.or_else(|| ring.at(hash, |place| !shuns(place))).or_else(|| ring.at(hash, |_| true))
    }

    /// How many are usable.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        self.usable.binary_search(&index).is_ok()
    }
}
