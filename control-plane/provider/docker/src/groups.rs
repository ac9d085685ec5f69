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
use crate::explain::Past;
use crate::labels::DEFAULT_TLS_ENTRYPOINT;
use crate::problem::{Problem, Reason};
use crate::reach::Reach;
use crate::section::{Compiled, Member, Owner, Section};
use crate::vocabulary::{Around, Reader, Said, Vocabularies};
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
    /// Who reads what containers say.
    reader: Reader,
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

/// Equal ones come to equal resources, with the same entry points.
#[derive(Debug, PartialEq)]
struct Fingerprint {
    owner: (Arc<Container>, Arc<Said>),
    /// Each with its address and the number of its server.
    members: Vec<(Arc<Container>, Arc<Said>, SocketAddr, u32)>,
}

struct Group<'a> {
    owner: Owner<'a>,
    members: Vec<Member<'a>>,
}

impl Groups {
    /// None yet. `grace`: how long the routes of containers that have gone stay.
    pub fn new(grace: Duration) -> Self {
        Self {
            reader: Reader::default(),
            made: HashMap::new(),
            entrypoints: EntryPoints::default(),
            present: BTreeMap::new(),
            gone: BTreeMap::new(),
            grace,
        }
    }

    /// With what containers say in these vocabularies.
    #[must_use]
    pub fn speaking(self, vocabularies: Vocabularies) -> Self {
        Self { reader: Reader::new(vocabularies), ..self }
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
        let around = Around { tls: view.entrypoints.get(DEFAULT_TLS_ENTRYPOINT).is_some() };
        // What those that have gone define for others holds as long as their routes do.
        let gone: Vec<Arc<Container>> = self.gone.values().map(|gone| Arc::clone(&gone.container)).collect();
        let said = self.reader.all(&sorted.iter().copied().chain(&gone).collect::<Vec<_>>(), around);
        let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for (container, said) in sorted.into_iter().zip(&said) {
            let owner = |wanted| Owner { container, said, wanted };
            let joined = said.wanted.iter().filter_map(|wanted| join(&mut groups, owner(wanted), view).err());
            let problem = |reason| Problem::of(container, reason);
            found.problems.extend(said.wrong.iter().cloned().chain(joined).map(problem));
        }
        let present: BTreeMap<String, Arc<Container>> = groups
            .iter()
            .map(|(name, group)| ((*name).to_owned(), Arc::clone(group.owner.container)))
            .collect();
        self.remember(present, view.now_unix_ms);
        let before = std::mem::take(&mut self.made);
        let mut before = Earlier { before, next: HashMap::new() };
        for (name, group) in groups {
            before.compile(name, group, view, &mut found);
        }
        for (name, gone) in &self.gone {
            let (container, said) = (&gone.container, self.reader.of(&gone.container));
            let Some(wanted) = said.wanted.iter().find(|wanted| wanted.name == *name) else { continue };
            let group = Group { owner: Owner { container, said: &said, wanted }, members: Vec::new() };
            before.compile(name, group, view, &mut found);
        }
        self.made = before.next;
        found
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

    /// Those that have gone, and when their routes go too, in milliseconds since 1970.
    pub(crate) fn gone(&self) -> Vec<Past> {
        let past = |gone: &Gone| Past {
            gone: gone.clone(),
            until_unix_ms: gone.end(self.grace),
            said: self.reader.of(&gone.container),
        };
        self.gone.values().map(past).collect()
    }

    /// What those that are there say, by their ids.
    pub(crate) fn said(&self) -> HashMap<String, Arc<Said>> {
        self.reader.last().map(|(id, said)| (id.to_owned(), Arc::clone(said))).collect()
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
            for wanted in &self.reader.of(&gone.container).wanted {
                self.gone.entry(wanted.name.clone()).or_insert_with(|| gone.clone());
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
        group.members.sort_by(|a, b| a.of.container.name.cmp(&b.of.container.name));
        number(&mut group.members);
        let of = Fingerprint {
            owner: (Arc::clone(group.owner.container), Arc::clone(group.owner.said)),
            members: group
                .members
                .iter()
                .map(|member| {
                    let Owner { container, said, .. } = member.of;
                    (Arc::clone(container), Arc::clone(said), member.address, member.number)
                })
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
    let compile = |group: &Group<'_>| Section::of(group.owner, &group.members).compile(entrypoints);
    let mut compiled = compile(&group);
    let mut problems = std::mem::take(&mut compiled.problems);
    while !compiled.refused.is_empty() {
        let left = group.members.len();
        group.members.retain(|member| !compiled.refused.contains(&member.of.container.id));
        if compiled.refused.contains(&group.owner.container.id) {
            match group.members.first() {
                Some(next) => group.owner = next.of,
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
fn join<'a>(groups: &mut BTreeMap<&'a str, Group<'a>>, of: Owner<'a>, view: View<'_>) -> Result<(), Reason> {
    let Owner { container, wanted, .. } = of;
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
        && let Some(label) = wanted.differs_from(group.owner.wanted)
    {
        let other = group.owner.container.name.clone();
        return Err(Reason::Conflict { route: wanted.name.clone(), other, label });
    }
    let member = if takes_traffic(container, wanted) {
        let address = view.reach.address(container, wanted.network.as_deref(), wanted.v6)?;
        let port = wanted.port.unwrap_or_default();
        Some(Member { of, address: SocketAddr::new(address, port), number: 0 })
    } else {
        None
    };
    let group =
        groups.entry(wanted.name.as_str()).or_insert_with(|| Group { owner: of, members: Vec::new() });
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
        let mut number = hash(&member.of.container.name) % MOST + 1;
        while !taken.insert(number) {
            number = number % MOST + 1;
        }
        member.number = number;
    }
}

/// FNV-1a.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
