//! What an endpoint's connections count for.

use crate::ring::Ring;
use crate::server::Server;
use crate::tournament::NEVER;

/// The cost of an endpoint by its connections, those that wait for it included, for its weight, in sixteenths of a unit: the
/// one after the next, in 256ths; an idle one costs nothing whatever its weight. 0 connections are no reason to choose an endpoint of weight
/// 0: it costs [`NEVER`]. (HAProxy: balance leastconn)
pub fn connections(connections: u32, weight: u16) -> u32 {
    match (connections, weight) {
        (_, 0) => NEVER,
        (0, _) => 0,
        _ => {
            let cost = (u64::from(connections) + 1) * 4096 / u64::from(weight);
            u32::try_from(cost).map_or(NEVER - 1, |cost| cost.min(NEVER - 1))
        }
    }
}

/// Of the endpoints that the numbers fall on, the one with the fewest connections for its weight, the later of equals.
/// The numbers are random, as many as there are to be draws; those that `may` not are passed over. (HAProxy: balance
/// random)
pub fn draw(
    ring: &Ring,
    numbers: impl IntoIterator<Item = u32>,
    may: impl Fn(u32) -> bool,
    load: impl Fn(u32) -> u32,
) -> Option<u32> {
    let share = |server: &Server, of: &Server| u64::from(load(server.place)) * u64::from(of.weight);
    reduce(ring, numbers, may, |before, now| share(now, before) <= share(before, now))
}

/// The same for the one of the least cost, that weight does not change: it is drawn the more often.
pub fn draw_cheapest(
    ring: &Ring,
    numbers: impl IntoIterator<Item = u32>,
    may: impl Fn(u32) -> bool,
    cost: impl Fn(u32) -> f64,
) -> Option<u32> {
    reduce(ring, numbers, may, |before, now| cost(now.place) <= cost(before.place))
}

fn reduce(
    ring: &Ring,
    numbers: impl IntoIterator<Item = u32>,
    may: impl Fn(u32) -> bool,
    is_better: impl Fn(&Server, &Server) -> bool,
) -> Option<u32> {
    let drawn = numbers.into_iter().filter_map(|number| ring.owner(number, &may));
    let better = |before: Server, now: Server| if is_better(&before, &now) { now } else { before };
    drawn.reduce(better).map(|server| server.place)
}

/// How many connections each endpoint may have, so that none has more than its share of all by more than a factor.
/// (HAProxy: hash-balance-factor)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounds {
    /// By place: all weights before, and its own.
    shares: Box<[(u64, u64)]>,
    total: u64,
}

impl Bounds {
    /// Of `servers`, in the order of the configuration.
    pub fn new(servers: &[Server]) -> Self {
        let places = servers.iter().map(|server| server.place as usize + 1).max().unwrap_or(0);
        let mut shares = vec![(0, 0); places];
        let mut total = 0;
        for server in servers {
            let weight = u64::from(server.weight);
            shares[server.place as usize] = (total, weight);
            total += weight;
        }
        Self { shares: shares.into(), total }
    }

    /// How many of the `connections` of the backend, and of one more, `place` may have: all together have `factor_percent`
    /// of them, rounded up, shared by weight, and everybody at least one.
    pub fn most(&self, place: u32, connections: u64, factor_percent: u32) -> u64 {
        let Some(&(before, weight)) = self.shares.get(place as usize) else { return 0 };
        let all = u128::from(connections + 1) * u128::from(factor_percent);
        let up_to = |weights: u64| u128::from(weights) * all.div_ceil(100) / u128::from(self.total.max(1));
        u64::try_from(up_to(before + weight) - up_to(before)).map_or(u64::MAX, |most| most.max(1))
    }
}

/// Whether keys stay with an endpoint that is full. (HAProxy: hash-preserve-affinity)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Affinity {
    /// They do, and wait for it.
    #[default]
    Always,
    /// Until it has as many connections as it may.
    MaxConn,
    /// Until as many wait for it as may.
    MaxQueue,
}

/// What an endpoint has and may have; a limit of 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occupancy {
    /// Connections that are served.
    pub served: u32,
    /// How many may be. (HAProxy: maxconn)
    pub max_conn: u32,
    /// Connections that wait for it.
    pub queued: u32,
    /// How many may. (HAProxy: maxqueue)
    pub max_queue: u32,
}

impl Affinity {
    /// Whether a key may go to its endpoint. Where none may, it goes to the one it would go to if all might.
    pub fn keeps(self, endpoint: Occupancy) -> bool {
        let Occupancy { served, max_conn, queued, max_queue } = endpoint;
        match self {
            Self::Always => true,
            Self::MaxConn => max_conn == 0 || (served < max_conn && queued == 0),
            Self::MaxQueue => max_queue == 0 || queued < max_queue,
        }
    }
}

#[cfg(test)]
mod tests;
