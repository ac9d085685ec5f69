//! Containers → the groups that share a route → resources.

mod gone;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::v1;

use crate::container::{Container, State};
use crate::entry::EntryPoints;
use crate::labels;
use crate::problem::{InvalidLabel, Problem, Reason};
use crate::reach::Reach;
use crate::section::{Compiled, Member, Section};
use crate::wanted::Wanted;
pub use gone::{Gone, Kept};

/// What containers come to.
#[derive(Debug, Default, Clone)]
pub struct Routes {
    /// Backends, their endpoints and the routes to them; those that did not change are the same as before.
    pub resources: Vec<Arc<v1::Resource>>,
    /// Why something is missing.
    pub problems: Vec<Problem>,
    /// Containers beyond the limit ([`crate::engine::MAX_CONTAINERS`]), which were not looked at.
    pub left_out: usize,
}

impl PartialEq for Routes {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (&Arc<_>, &Arc<_>)| Arc::ptr_eq(one, other) || one == other;
        self.resources.len() == other.resources.len()
            && self.resources.iter().zip(&other.resources).all(same)
            && self.problems == other.problems
            && self.left_out == other.left_out
    }
}

/// What containers are looked at with.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Where routes may attach.
    pub entrypoints: &'a EntryPoints,
    /// By which addresses containers are reached.
    pub reach: &'a Reach,
    /// Milliseconds since 1970.
    pub now_unix_ms: u64,
}

/// The groups of before: what did not change is not made anew, and who has gone is remembered for a while.
#[derive(Debug)]
pub struct Groups {
    /// What labels of containers say, by their ids.
    read: HashMap<String, Read>,
    made: HashMap<String, Made>,
    /// What they were made with.
    entrypoints: EntryPoints,
    /// Whose each route is.
    present: BTreeMap<String, Arc<Container>>,
    gone: BTreeMap<String, Gone>,
    /// How long the routes of containers that have gone stay.
    grace: Duration,
}

/// What a group was made of, and what it came to.
#[derive(Debug)]
struct Made {
    of: Fingerprint,
    compiled: Compiled,
}

/// What a container's labels say, which hardly ever change.
#[derive(Debug)]
struct Read {
    container: Arc<Container>,
    wanted: Arc<Result<Vec<Wanted>, Vec<InvalidLabel>>>,
}

/// Equal ones come to equal resources, with the same entry points.
#[derive(Debug, PartialEq)]
struct Fingerprint {
    owner: Arc<Container>,
    /// Each with its address and the number of its server.
    members: Vec<(Arc<Container>, SocketAddr, u32)>,
}

struct Group<'a> {
    owner: (&'a Arc<Container>, &'a Wanted),
    members: Vec<Member<'a>>,
}

impl Groups {
    /// None yet. `grace`: how long the routes of containers that have gone stay.
    pub fn new(grace: Duration) -> Self {
        Self {
            read: HashMap::new(),
            made: HashMap::new(),
            entrypoints: EntryPoints::default(),
            present: BTreeMap::new(),
            gone: BTreeMap::new(),
            grace,
        }
    }

    /// The resources of all containers. Their order does not matter: those that were made first come first.
    pub fn plan(&mut self, containers: &[Arc<Container>], view: View<'_>) -> Routes {
        if self.entrypoints != *view.entrypoints {
            self.made.clear();
            self.entrypoints = view.entrypoints.clone();
        }
        let mut sorted: Vec<&Arc<Container>> = containers.iter().collect();
        sorted.sort_by(|a, b| (a.created, &a.name, &a.id).cmp(&(b.created, &b.name, &b.id)));
        let mut found = Routes::default();
        sorted.retain(|container| container.state != State::Stopped);
        let gone: Vec<Arc<Container>> = self.gone.values().map(|gone| Arc::clone(&gone.container)).collect();
        let wanted = self.read(&sorted.iter().copied().chain(&gone).collect::<Vec<_>>());
        let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for (container, wanted) in sorted.into_iter().zip(&wanted) {
            let reasons: Vec<Reason> = match &**wanted {
                Ok(wanted) => wanted
                    .iter()
                    .filter_map(|wanted| join(&mut groups, (container, wanted), view).err())
                    .collect(),
                Err(errors) => errors.iter().cloned().map(Reason::from).collect(),
            };
            let problem = |reason| Problem { container: container.name.clone(), reason };
            found.problems.extend(reasons.into_iter().map(problem));
        }
        let present: BTreeMap<String, Arc<Container>> =
            groups.iter().map(|(name, group)| ((*name).to_owned(), Arc::clone(group.owner.0))).collect();
        self.remember(present, view.now_unix_ms);
        let before = std::mem::take(&mut self.made);
        let mut before = Earlier { before, next: HashMap::new() };
        for (name, group) in groups {
            before.compile(name, group, view, &mut found);
        }
        for (name, gone) in &self.gone {
            let read = self.read.get(&gone.container.id).map(|read| Arc::clone(&read.wanted));
            let read = read.unwrap_or_else(|| Arc::new(labels::read(&gone.container)));
            let Ok(wanted) = &*read else { continue };
            let Some(wanted) = wanted.iter().find(|wanted| wanted.name == *name) else { continue };
            let group = Group { owner: (&gone.container, wanted), members: Vec::new() };
            before.compile(name, group, view, &mut found);
        }
        self.made = before.next;
        found
    }

    /// What the labels of each say.
    fn read(&mut self, containers: &[&Arc<Container>]) -> Vec<Arc<Result<Vec<Wanted>, Vec<InvalidLabel>>>> {
        let mut before = std::mem::take(&mut self.read);
        let mut read = |container: &&Arc<Container>| {
            let same = |read: &Read| {
                Arc::ptr_eq(&read.container, container)
                    || (read.container.labels == container.labels && read.container.ports == container.ports)
            };
            let (id, read) = before.remove_entry(&container.id).unzip();
            let wanted = read.filter(same).map(|read| read.wanted);
            let wanted = wanted.unwrap_or_else(|| Arc::new(labels::read(container)));
            let read = Read { container: Arc::clone(container), wanted: Arc::clone(&wanted) };
            self.read.insert(id.unwrap_or_else(|| container.id.clone()), read);
            wanted
        };
        containers.iter().map(&mut read).collect()
    }

    /// Who was there and is no more is gone from now on; who is there again is not; and at some time it is over.
    fn remember(&mut self, present: BTreeMap<String, Arc<Container>>, now_unix_ms: u64) {
        let before = std::mem::replace(&mut self.present, present);
        for (name, container) in before {
            if !self.present.contains_key(&name) {
                self.gone.entry(name).or_insert(Gone { container, since_unix_ms: now_unix_ms });
            }
        }
        self.gone
            .retain(|name, gone| !self.present.contains_key(name) && gone.lasts(now_unix_ms, self.grace));
    }

    /// When the next one that has gone is forgotten, in milliseconds since 1970.
    pub fn next_end(&self) -> Option<u64> {
        self.gone.values().map(|gone| gone.end(self.grace)).min()
    }

    /// What is to be kept for a next process: who is there may have gone by then.
    pub fn kept(&self) -> Kept {
        Kept {
            present: self.present.values().cloned().collect(),
            gone: self.gone.values().cloned().collect(),
        }
    }

    /// Takes in what an earlier process kept. Who was there then has gone now, as far as is known yet.
    pub fn restore(&mut self, kept: Kept, now_unix_ms: u64) {
        let gone = |container| Gone { container, since_unix_ms: now_unix_ms };
        for gone in kept.present.into_iter().map(gone).chain(kept.gone) {
            for wanted in labels::read(&gone.container).unwrap_or_default() {
                self.gone.entry(wanted.name).or_insert_with(|| gone.clone());
            }
        }
    }
}

/// Groups that were made before, and those that are made now.
struct Earlier {
    before: HashMap<String, Made>,
    next: HashMap<String, Made>,
}

impl Earlier {
    fn compile(&mut self, name: &str, mut group: Group<'_>, view: View<'_>, found: &mut Routes) {
        group.members.sort_by(|a, b| a.container.name.cmp(&b.container.name));
        number(&mut group.members);
        let of = Fingerprint {
            owner: Arc::clone(group.owner.0),
            members: group
                .members
                .iter()
                .map(|member| (Arc::clone(member.container), member.address, member.number))
                .collect(),
        };
        let (key, before) = self.before.remove_entry(name).unzip();
        let made = match before {
            Some(made) if made.of == of => made,
            before => {
                let mut compiled = without_refused(group, view.entrypoints);
                before.iter().for_each(|before| compiled.share(&before.compiled));
                Made { of, compiled }
            }
        };
        found.resources.extend(made.compiled.resources.iter().cloned());
        found.problems.extend(made.compiled.problems.iter().cloned());
        self.next.insert(key.unwrap_or_else(|| name.to_owned()), made);
    }
}

/// A group without those of whose labels something is no good.
fn without_refused(mut group: Group<'_>, entrypoints: &EntryPoints) -> Compiled {
    let compile = |group: &Group<'_>| {
        let (container, wanted) = group.owner;
        Section::of((container, wanted), &group.members).compile(entrypoints)
    };
    let mut compiled = compile(&group);
    let mut problems = std::mem::take(&mut compiled.problems);
    while !compiled.refused.is_empty() {
        let left = group.members.len();
        group.members.retain(|member| !compiled.refused.contains(&member.container.id));
        if compiled.refused.contains(&group.owner.0.id) {
            match group.members.first() {
                Some(next) => group.owner = (next.container, next.wanted),
                None => return Compiled { problems, ..Compiled::default() },
            }
        } else if group.members.len() == left {
            return Compiled { problems, ..Compiled::default() };
        }
        compiled = compile(&group);
        problems.append(&mut compiled.problems);
    }
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert(problem.to_string()));
    Compiled { problems, ..compiled }
}

/// Puts a container into the group of its route, if it may.
fn join<'a>(
    groups: &mut BTreeMap<&'a str, Group<'a>>,
    (container, wanted): (&'a Arc<Container>, &'a Wanted),
    view: View<'_>,
) -> Result<(), Reason> {
    for name in &wanted.entrypoints {
        let Some(entry) = view.entrypoints.get(name) else {
            return Err(Reason::EntryPoint { name: name.clone(), known: view.entrypoints.names() });
        };
        if entry.mode != wanted.mode {
            let (wanted_mode, is) = (wanted.mode.as_str(), entry.mode.as_str());
            let route = wanted.name.clone();
            return Err(Reason::Mode { route, wanted: wanted_mode, name: name.clone(), is });
        }
    }
    if let Some(group) = groups.get(wanted.name.as_str())
        && let Some(label) = wanted.differs_from(group.owner.1)
    {
        let other = group.owner.0.name.clone();
        return Err(Reason::Conflict { route: wanted.name.clone(), other, label });
    }
    let member = if takes_traffic(container, wanted) {
        let address = view.reach.address(container, wanted.network.as_deref())?;
        let port = wanted.port.unwrap_or_default();
        Some(Member { container, wanted, address: SocketAddr::new(address, port), number: 0 })
    } else {
        None
    };
    let owner = (container, wanted);
    let group = groups.entry(wanted.name.as_str()).or_insert_with(|| Group { owner, members: Vec::new() });
    group.members.extend(member);
    Ok(())
}

/// Whether a container has a server line. One that crashed keeps it: connections to it fail, and are tried again.
fn takes_traffic(container: &Container, wanted: &Wanted) -> bool {
    match container.state {
        State::Running | State::Stopping | State::Crashed => true,
        // Checks of our own tell too.
        State::Starting => wanted.server.iter().any(|word| word.text == "check"),
        State::Unhealthy | State::Paused | State::Stopped => false,
    }
}

/// Gives each server a number that stays with its name, so that cookies and hashes find a container that was made anew.
fn number(members: &mut [Member<'_>]) {
    const MOST: u32 = (1 << 31) - 1;
    let mut taken = BTreeSet::new();
    for member in members {
        let mut number = hash(&member.container.name) % MOST + 1;
        while !taken.insert(number) {
            number = number % MOST + 1;
        }
        member.number = number;
    }
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
