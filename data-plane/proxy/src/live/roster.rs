//! What the choice of endpoints asks of each, in one stretch of memory: a change of one endpoint looks at that one.

use std::sync::Arc;

use sluicegate_balance::{Candidate, NodeKey, Server, divisor, eligible, node_key};
use sluicegate_model::endpoint::HashIdentity;

use super::alignment::Alignment;
use super::endpoint::LiveEndpoint;
use crate::stream::Target;

/// The endpoints of a backend, by their places.
#[derive(Debug, Default, Clone)]
pub(super) struct Roster(Box<[Entry]>);

#[derive(Debug, Clone, Copy)]
struct Entry {
    candidate: Candidate,
    /// What hashes know it by.
    key: u32,
}

impl Roster {
    pub(super) fn of(endpoints: &[Arc<LiveEndpoint>]) -> Self {
        Self(endpoints.iter().map(|endpoint| Entry::of(endpoint)).collect())
    }

    /// That of endpoints that follow from its own in this way.
    pub(super) fn followed(&self, endpoints: &[Arc<LiveEndpoint>], alignment: &Alignment) -> Self {
        let known = |place| self.0.get(alignment.source(place)? as usize).copied();
        let entry = |(place, endpoint): (u32, &Arc<LiveEndpoint>)| {
            known(place).unwrap_or_else(|| Entry::of(endpoint))
        };
        Self((0..).zip(endpoints).map(entry).collect())
    }

    /// The same but for the endpoint at one place, as that is now.
    pub(super) fn renewed(&self, place: u32, endpoint: &LiveEndpoint) -> Self {
        let mut renewed = self.clone();
        if let Some(entry) = renewed.0.get_mut(place as usize) {
            *entry = Entry::of(endpoint);
        }
        renewed
    }

    /// Places and weights of those that take new traffic.
    pub(super) fn eligible(&self, all_backups: bool) -> Vec<(u32, u16)> {
        eligible(self.0.iter().map(|entry| entry.candidate), all_backups)
    }

    /// The same as hashes know them.
    pub(super) fn servers(&self, eligible: &[(u32, u16)]) -> Vec<Server> {
        let server = |&(place, weight): &(u32, u16)| {
            let entry = self.0.get(place as usize)?;
            Some(Server { place, key: entry.key, weight })
        };
        eligible.iter().filter_map(server).collect()
    }

    /// The greatest common divisor of all weights, also of those that take no traffic.
    pub(super) fn divisor(&self) -> u16 {
        divisor(self.0.iter().map(|entry| entry.candidate.weight))
    }
}

impl Entry {
    fn of(endpoint: &LiveEndpoint) -> Self {
        let candidate = Candidate {
            weight: endpoint.state.weight_in_sixteenths(),
            backup: endpoint.config.backup,
            usable: !endpoint.is_disabled() && !endpoint.drains() && endpoint.state.is_usable(),
        };
        Self { candidate, key: node_key(identity(endpoint)) }
    }
}

/// What hashes know an endpoint by. One without an address is known by its number.
fn identity(endpoint: &LiveEndpoint) -> NodeKey {
    match (endpoint.config.hash_identity, endpoint.target()) {
        (HashIdentity::Address, Some(Target::Ip(address))) => NodeKey::Addr(address.ip()),
        (HashIdentity::AddressAndPort, Some(Target::Ip(address))) => NodeKey::AddrPort(address),
        _ => NodeKey::Id(endpoint.config.number.get()),
    }
}
