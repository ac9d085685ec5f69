//! Who takes traffic now, and who of them is next.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_balance::{
    Bounds, Candidate, Map, NodeKey, Ring, Schedule, Server, connections, divisor, eligible, node_key,
};
use sluicegate_model::Backend;
use sluicegate_model::backend::{Balance, HashTable};

use super::endpoint::LiveEndpoint;
use super::index::{By, Index};

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
    /// What they have.
    Index(Arc<Index>),
}

impl Default for Order {
    fn default() -> Self {
        Self::Turns(Schedule::default())
    }
}

/// What the choice asks about endpoints, by their place.
pub(super) trait Loads {
    /// Exchanges at it and, of those that want it and no other, waiting.
    fn load(&self, place: u32) -> u32;
    /// Its weight.
    fn weight(&self, place: u32) -> u16;
    /// Exchanges at all of them.
    fn all(&self) -> u32;
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
        let map = || Map::new(&servers(), divisor(endpoints.iter().map(|endpoint| endpoint.config.weight)));
        let ring = || match &previous.order {
            Order::Ring(ring, _) => ring.renewed(&servers()),
            _ => Ring::new(&servers()),
        };
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
            Balance::Random(_) => Order::Ring(ring(), None),
            Balance::Hash(hash) => match hash.table {
                HashTable::Map => Order::Slots(map()),
                HashTable::Ring => {
                    let bounds = |percent: NonZeroU32| (Bounds::new(&servers()), percent.get());
                    Order::Ring(ring(), hash.balance_factor_percent.map(bounds))
                }
            },
        };
        Self { order, usable }
    }

    /// By what the next one is found, where that hangs on what they have.
    pub(super) fn index(&self) -> Option<&Arc<Index>> {
        match &self.order {
            Order::Index(index) => Some(index),
            Order::Turns(_) | Order::Slots(_) | Order::Ring(..) => None,
        }
    }

    /// Who is next of those that `take` succeeds with. `cursor` is another number each time. `draws`: of so many that chance
    /// finds the one with the fewest exchanges, and no other; 0: by turns.
    pub(super) fn pick(
        &self,
        cursor: u64,
        draws: u32,
        loads: &impl Loads,
        mut take: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
        match &self.order {
            Order::Turns(turns) => turns.pick(cursor, take),
            Order::Slots(map) => map.turn(cursor, take),
            Order::Ring(ring, _) if draws > 0 => {
                let numbers = (0..u64::from(draws)).map(|draw| scramble(cursor, draw));
                sluicegate_balance::draw(ring, numbers, |place| loads.load(place))
                    .filter(|&place| take(place))
            }
            Order::Ring(ring, _) => ring.turn(cursor, take),
            // Where its index will not do, as somebody is to be avoided.
            Order::Index(_) => self.least(loads, take),
        }
    }

    /// Who has the keys of a hash; one that `shuns` holds of only where nobody else has. `None`: nobody takes traffic, or
    /// there is no order by hashes.
    pub(super) fn at(&self, hash: u32, loads: &impl Loads, shuns: impl Fn(u32) -> bool) -> Option<u32> {
        match &self.order {
            Order::Slots(map) => map.at(hash),
            Order::Ring(ring, bounds) => {
                let all = u64::from(loads.all());
                let has_room = |place: u32| {
                    bounds.as_ref().is_none_or(|(bounds, percent)| {
                        u64::from(loads.load(place)) < bounds.most(place, all, *percent)
                    })
                };
                ring.at(hash, |place| !shuns(place) && has_room(place))
                    .or_else(|| ring.at(hash, |place| !shuns(place)))
                    .or_else(|| ring.at(hash, |_| true))
            }
            Order::Turns(_) | Order::Index(_) => None,
        }
    }

    /// How many are usable.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        self.usable.binary_search(&index).is_ok()
    }

    /// In the order of their loads as they are now.
    fn least(&self, loads: &impl Loads, mut take: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut by_load: Vec<(u32, u32)> = self
            .usable
            .iter()
            .map(|&place| (connections(loads.load(place), loads.weight(place)), place))
            .collect();
        by_load.sort_unstable();
        by_load.into_iter().map(|(_, place)| place).find(|&place| take(place))
    }
}

/// Chance enough out of a counter (the finaliser of SplitMix64).
fn scramble(cursor: u64, draw: u64) -> u32 {
    let mut bits = (cursor.rotate_left(20) ^ draw).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((bits ^ (bits >> 31)) >> 32) as u32
}
