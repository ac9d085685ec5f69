//! Endpoints that have one name, and which of them gets what the name leads to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use sluicegate_engine::live::{Active, LiveBackend, LiveEndpoint};
use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::{EndpointAddress, HostPort};
use sluicegate_model::expr::IpSet;
use sluicegate_model::resolvers::{FirstAddress, Hold, Resolution};
use sluicegate_names::{self as names, Failure, Key, Known, Record, Seat, share};
use sluicegate_proto::id::ObjectKey;
use tokio::time::Instant;

use super::{Found, Round, Subject};

/// Where an endpoint's first address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    /// The system's resolver; where that has none, it is this.
    System(Option<IpAddr>),
    /// Nowhere.
    None,
    /// It is this.
    Ip(IpAddr),
}

impl First {
    /// The first that gives an address (HAProxy: init-addr).
    pub(crate) fn of(resolution: &Resolution) -> Self {
        match &resolution.first[..] {
            [] => Self::System(None),
            [FirstAddress::System, rest @ ..] => match rest.iter().find(|it| **it != FirstAddress::System) {
                Some(FirstAddress::Ip(ip)) => Self::System(Some(*ip)),
                _ => Self::System(None),
            },
            [FirstAddress::None, ..] => Self::None,
            [FirstAddress::Ip(ip), ..] => Self::Ip(*ip),
        }
    }
}

/// An endpoint that is known by the name.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) backend: Arc<LiveBackend>,
    pub(crate) endpoint: Arc<LiveEndpoint>,
    prefers: Arc<IpSet>,
}

/// What happens to an endpoint.
#[derive(Debug)]
pub(crate) enum Change {
    /// It is at the address of this record, as this name server says.
    Found { at: SocketAddr, weight: Option<u16>, by: String },
    /// It is nowhere.
    Lost(String),
}

#[derive(Debug)]
struct Crowd {
    known: Known,
    /// A name server has answered, with records or without.
    heard: bool,
    /// Each backend shares out all records among its own.
    members: BTreeMap<ObjectKey, Vec<Member>>,
    /// The name server that said what is known.
    by: String,
    hold: names::Hold,
}

/// All endpoints whose names are asked of sections.
#[derive(Debug)]
pub(crate) struct Crowds {
    started: Instant,
    crowds: BTreeMap<Subject, Crowd>,
    /// The SRV records that endpoints have.
    held: HashMap<ObjectKey, Key>,
}

impl Crowds {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), crowds: BTreeMap::new(), held: HashMap::new() }
    }

    /// Looks at who is there now. What is known of names stays. Gives what happens to those who are new.
    pub(crate) fn follow(&mut self, active: &Active) -> Vec<(Member, Change)> {
        self.crowds.values_mut().for_each(|crowd| crowd.members.clear());
        let now = self.started.elapsed();
        for (key, backend) in &active.backends {
            for endpoint in &backend.endpoints {
                let Some((subject, resolution)) = subject(&endpoint.config) else { continue };
                let hold = active.runtime.resolvers.get(&subject.section).map(|section| hold(&section.hold));
                let crowd = self.crowds.entry(subject).or_insert_with(|| Crowd::new(now));
                crowd.hold = hold.unwrap_or_default();
                let prefers = Arc::new(IpSet::new(resolution.preferred_networks.iter().copied()));
                let (backend, endpoint) = (Arc::clone(backend), Arc::clone(endpoint));
                crowd.members.entry(key.clone()).or_default().push(Member { backend, endpoint, prefers });
            }
        }
        self.crowds.retain(|_, crowd| !crowd.members.is_empty());
        let all = self.crowds.values().flat_map(|crowd| crowd.members.values().flatten());
        let there: HashSet<&ObjectKey> = all.map(|member| &member.endpoint.config.key).collect();
        self.held.retain(|key, _| there.contains(key));
        let held = &mut self.held;
        self.crowds.values().flat_map(|crowd| crowd.settle(held)).collect()
    }

    /// The names that are asked for, and of whom.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.crowds.keys()
    }

    /// Takes up what came of asking. Says whether that was the first time, and what happens to whom.
    pub(crate) fn hear(&mut self, round: Round) -> (bool, Vec<(Member, Change)>) {
        let now = self.started.elapsed();
        let Some(crowd) = self.crowds.get_mut(&*round.subject) else { return (false, Vec::new()) };
        let first = !std::mem::replace(&mut crowd.heard, true);
        let changes = match round.found {
            Ok(Found { records, server }) => {
                crowd.by = format!("{}/{server}", round.subject.section.name());
                let hold = crowd.hold;
                crowd.known.found(records, now, &hold);
                crowd.settle(&mut self.held)
            }
            Err(failure) => {
                let hold = crowd.hold;
                if crowd.known.failed(failure, now, &hold) { crowd.lose(failure) } else { Vec::new() }
            }
        };
        (first, changes)
    }

    /// Names that the system's resolver is asked for: of endpoints without an address, while no name server has answered.
    pub(crate) fn system_names(&self) -> impl Iterator<Item = &str> {
        let waits = |crowd: &Crowd| crowd.waiting().next().is_some();
        let waiting = self.crowds.iter().filter(move |(subject, crowd)| !subject.service && waits(crowd));
        waiting.map(|(subject, _)| &*subject.name)
    }

    /// Takes up what the system's resolver says of a name: one endpoint of each backend gets it for now.
    pub(crate) fn hear_system(&mut self, name: &str, ip: Option<IpAddr>) -> Vec<(Member, Change)> {
        let mut changes = Vec::new();
        for (subject, crowd) in &self.crowds {
            if subject.service || *subject.name != *name {
                continue;
            }
            let mut served: HashSet<&ObjectKey> = HashSet::new();
            for (member, instead) in crowd.waiting() {
                let shared = member.resolution().is_some_and(|resolution| resolution.shares_addresses);
                let own = ip.filter(|_| shared || served.insert(member.backend.config.key()));
                let to = if ip.is_some() { own } else { instead };
                let Some(at) = to.and_then(|ip| member.at(&Record::address(ip))) else { continue };
                let by = "the system's resolver".to_owned();
                changes.push((member.clone(), Change::Found { at, weight: None, by }));
            }
        }
        changes
    }
}

impl Crowd {
    fn new(now: std::time::Duration) -> Self {
        Self {
            known: Known::new(now),
            heard: false,
            members: BTreeMap::new(),
            by: String::new(),
            hold: names::Hold::default(),
        }
    }

    /// Who waits for the system's resolver, and the address that it has where there is no answer.
    fn waiting(&self) -> impl Iterator<Item = (&Member, Option<IpAddr>)> {
        let all = self.members.values().flatten().filter(|_| !self.heard);
        all.filter(|member| member.endpoint.state.address().is_none()).filter_map(|member| {
            match First::of(member.resolution()?) {
                First::System(instead) => Some((member, instead)),
                First::None | First::Ip(_) => None,
            }
        })
    }

    /// Shares out what is known; nothing before the first answer with records.
    fn settle(&self, held: &mut HashMap<ObjectKey, Key>) -> Vec<(Member, Change)> {
        if self.known.records().is_empty() {
            return Vec::new();
        }
        self.members.values().flat_map(|members| self.settle_backend(members, held)).collect()
    }

    fn settle_backend(
        &self,
        members: &[Member],
        held: &mut HashMap<ObjectKey, Key>,
    ) -> Vec<(Member, Change)> {
        let records = self.known.records();
        let has: Vec<Option<Key>> = members.iter().map(|member| member.has(held)).collect();
        let prefers: Vec<_> =
            members.iter().map(|member| move |ip: IpAddr| member.prefers.contains(ip)).collect();
        let seats: Vec<Seat<'_>> = members
            .iter()
            .zip(&has)
            .zip(&prefers)
            .map(|((member, has), prefers)| Seat {
                has: has.as_ref(),
                shares: member.resolution().is_some_and(|resolution| resolution.shares_addresses),
                prefers,
            })
            .collect();
        let places = share(&seats, records);
        let mut changes = Vec::new();
        for (member, place) in members.iter().zip(places) {
            let record = place.map(|place| &records[place]);
            changes.extend(self.change(member, record).map(|change| (member.clone(), change)));
            let key = &member.endpoint.config.key;
            match record.filter(|record| record.port().is_some()) {
                Some(record) => drop(held.insert(key.clone(), record.key.clone())),
                None => drop(held.remove(key)),
            }
        }
        changes
    }

    /// `None`: it is so already.
    fn change(&self, member: &Member, record: Option<&Record>) -> Option<Change> {
        let resolution = member.resolution()?;
        let state = &member.endpoint.state;
        let Some(at) = record.and_then(|record| member.at(record)) else {
            let why = match record {
                None if resolution.service => "entry removed from SRV record",
                _ => "No IP for server ",
            };
            return state.address().map(|_| Change::Lost(why.to_owned()));
        };
        let weight = record.and_then(Record::endpoint_weight).filter(|_| !resolution.ignores_weight);
        let same = state.address() == Some(at) && weight.is_none_or(|weight| weight == state.weight());
        (!same).then(|| Change::Found { at, weight, by: self.by.clone() })
    }

    fn lose(&self, failure: Failure) -> Vec<(Member, Change)> {
        let there = |member: &&Member| member.endpoint.state.address().is_some();
        let lost = self.members.values().flatten().filter(there);
        lost.map(|member| (member.clone(), Change::Lost(failure.to_string()))).collect()
    }
}

impl Member {
    fn resolution(&self) -> Option<&Resolution> {
        self.endpoint.config.resolution.as_deref()
    }

    /// The record that it has.
    fn has(&self, held: &HashMap<ObjectKey, Key>) -> Option<Key> {
        if self.resolution()?.service {
            return held.get(&self.endpoint.config.key).cloned();
        }
        self.endpoint.state.address().map(|address| Key::Address(address.ip()))
    }

    /// Where it is by a record; `None`: nowhere yet.
    fn at(&self, record: &Record) -> Option<SocketAddr> {
        let EndpointAddress::Host(HostPort { port, .. }) = &self.endpoint.config.address else { return None };
        Some(SocketAddr::new(record.ip?, record.port().unwrap_or(*port)))
    }
}

/// What is asked for an endpoint's sake, where its name is asked of a section.
pub(super) fn subject(config: &Endpoint) -> Option<(Subject, &Resolution)> {
    let EndpointAddress::Host(host) = &config.address else { return None };
    let resolution = config.resolution.as_deref()?;
    let subject = Subject {
        section: resolution.resolvers.clone()?,
        name: host.name.to_ascii_lowercase().into(),
        service: resolution.service,
        prefers_v4: resolution.prefers_v4,
    };
    Some((subject, resolution))
}

fn hold(hold: &Hold) -> names::Hold {
    let Hold { nx, refused, timeout, other, obsolete } = *hold;
    names::Hold { nx, refused, timeout, other, obsolete }
}

#[cfg(test)]
mod tests;
