//! Several providers, one candidate.
//!
//! An object belongs to the provider that names it; routes attach to a frontend of another provider by naming its
//! id, and endpoints to a backend. Where two providers claim one id or one address to listen on, rank decides, then
//! the provider's name: the result never depends on who came first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use bytes::Bytes;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{Origin, listener, resource};

use crate::entry::Entry;
use crate::fragment::Contribution;

/// A provider and where in it something stands.
pub type Claim = (String, Origin);

/// Something that two claimed and one has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// An id.
    #[error(
        "{key} stands twice: {} ({}) has it, {} ({}) is left out",
        winner.0, winner.1, loser.0, loser.1
    )]
    Object {
        /// The id.
        key: ObjectKey,
        /// Who has it.
        winner: Claim,
        /// Who is left out.
        loser: Claim,
    },
    /// An address to listen on.
    #[error(
        "{address} is listened on twice: {} ({}) has it, {key} of {} ({}) is left out",
        winner.0, winner.1, loser.0, loser.1
    )]
    Address {
        /// The address, in words.
        address: String,
        /// The listener left out.
        key: ObjectKey,
        /// Who has it.
        winner: Claim,
        /// Who is left out.
        loser: Claim,
    },
}

impl Conflict {
    /// The provider that is left out.
    pub fn loser(&self) -> &str {
        match self {
            Self::Object { loser, .. } | Self::Address { loser, .. } => &loser.0,
        }
    }
}

/// What several providers come to.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    /// Each object once.
    pub resources: BTreeMap<ObjectKey, Entry>,
    /// Who lost what to whom.
    pub conflicts: Vec<Conflict>,
}

/// Merges the newest contribution of each provider. Their order does not matter.
pub fn merge<'a>(contributions: impl IntoIterator<Item = &'a Contribution>) -> Merged {
    let mut sorted: Vec<&Contribution> = contributions.into_iter().collect();
    sorted.sort_by(|a, b| b.rank.cmp(&a.rank).then_with(|| a.provider.cmp(&b.provider)));
    if let Some(merged) = strangers(&sorted) {
        return merged;
    }
    let mut merged = Merged::default();
    let mut owners: HashMap<ObjectKey, usize> = HashMap::new();
    let mut addresses: HashMap<Address, (usize, Origin)> = HashMap::new();
    for (at, contribution) in sorted.iter().enumerate() {
        merged.conflicts.extend(contribution.conflicts.iter().cloned());
        for (key, entry) in &contribution.entries {
            if let Some(first) = merged.resources.get(key) {
                // The same thing said twice is no conflict.
                if first.resource().body != entry.resource().body {
                    let owner = owners.get(key).copied().unwrap_or(at);
                    merged.conflicts.push(Conflict::Object {
                        key: key.clone(),
                        winner: (sorted[owner].provider.clone(), first.origin()),
                        loser: (contribution.provider.clone(), entry.origin()),
                    });
                }
                continue;
            }
            if let Some(address) = Address::of(entry) {
                match addresses.get(&address) {
                    Some((owner, origin)) if *owner != at => {
                        merged.conflicts.push(Conflict::Address {
                            address: address.to_string(),
                            key: key.clone(),
                            winner: (sorted[*owner].provider.clone(), origin.clone()),
                            loser: (contribution.provider.clone(), entry.origin()),
                        });
                        continue;
                    }
                    // One provider may listen twice on one address where its language allows that.
                    Some(_) => {}
                    None => {
                        addresses.insert(address, (at, entry.origin()));
                    }
                }
            }
            owners.insert(key.clone(), at);
            merged.resources.insert(key.clone(), entry.clone());
        }
    }
    merged
}

/// All of them, where no two claim one thing: their names do not overlap, as those of several providers do not unless
/// one names another's, and no two listen on one address.
fn strangers(sorted: &[&Contribution]) -> Option<Merged> {
    let mut by_name: Vec<&&Contribution> = sorted.iter().filter(|of| !of.entries.is_empty()).collect();
    by_name.sort_by(|a, b| a.entries.keys().next().cmp(&b.entries.keys().next()));
    let ends_before = |one: &Contribution, other: &Contribution| {
        one.entries.keys().next_back() < other.entries.keys().next()
    };
    if !by_name.windows(2).all(|pair| ends_before(pair[0], pair[1])) {
        return None;
    }
    let mut addresses: HashMap<Address, usize> = HashMap::new();
    for (at, contribution) in by_name.iter().enumerate() {
        let listeners = contribution.listeners.iter().filter_map(|key| contribution.entries.get(key));
        for address in listeners.filter_map(Address::of) {
            if *addresses.entry(address).or_insert(at) != at {
                return None;
            }
        }
    }
    // The largest is copied as it is, and what little there is besides goes into it.
    by_name.sort_by_key(|of| of.entries.len());
    let mut resources = by_name.pop().map(|of| of.entries.clone()).unwrap_or_default();
    for contribution in by_name {
        resources.extend(contribution.entries.iter().map(|(key, entry)| (key.clone(), entry.clone())));
    }
    let conflicts = sorted.iter().flat_map(|of| of.conflicts.iter().cloned()).collect();
    Some(Merged { resources, conflicts })
}

/// What only one provider may listen on. Wildcards and single addresses overlap in ways that the kernel knows better.
#[derive(PartialEq, Eq, Hash)]
enum Address {
    Ip(Bytes, u32),
    Unix(Bytes),
    Descriptor(u32),
}

impl Address {
    /// `None`: no listener, or one on a port of the kernel's choice.
    fn of(entry: &Entry) -> Option<Self> {
        let Some(resource::Body::Listener(body)) = &entry.resource().body else { return None };
        match body.address.as_ref()? {
            listener::Address::Ip(ip) if ip.port == 0 => None,
            listener::Address::Ip(ip) => Some(Self::Ip(ip.ip.clone(), ip.port)),
            listener::Address::Unix(unix) => Some(Self::Unix(unix.path.clone())),
            listener::Address::Descriptor(number) => Some(Self::Descriptor(*number)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip, port) => {
                if let Ok(octets) = <[u8; 4]>::try_from(&ip[..]) {
                    write!(f, "{}:{port}", std::net::Ipv4Addr::from(octets))
                } else if let Ok(octets) = <[u8; 16]>::try_from(&ip[..]) {
                    write!(f, "[{}]:{port}", std::net::Ipv6Addr::from(octets))
                } else {
                    write!(f, "port {port}")
                }
            }
            Self::Unix(path) => write!(f, "unix@{}", path.escape_ascii()),
            Self::Descriptor(number) => write!(f, "fd@{number}"),
        }
    }
}

#[cfg(test)]
mod tests;
