//! What came of asking name servers (HAProxy: show resolvers).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sluicegate_model::resolvers::Resolvers;
use sluicegate_names::{Lack, NotOurs, Reply};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::NameServerStats;

/// What of a name server is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Sent,
    SendError,
    Valid,
    /// An answer with records said something else than the one before.
    Update,
    AliasError,
    Empty,
    NxDomain,
    Timeout,
    Refused,
    Other,
    Invalid,
    TooBig,
    Truncated,
    Outdated,
}

impl Event {
    const COUNT: usize = Self::Outdated as usize + 1;
}

impl From<&Reply> for Event {
    fn from(reply: &Reply) -> Self {
        match reply {
            Reply::Records(_) => Self::Valid,
            Reply::Truncated => Self::Truncated,
            Reply::Failed(Lack::Empty) => Self::Empty,
            Reply::Failed(Lack::Alias) => Self::AliasError,
            Reply::Failed(Lack::Refused) => Self::Refused,
            Reply::Failed(Lack::NxDomain) => Self::NxDomain,
            Reply::Failed(Lack::Other) => Self::Other,
        }
    }
}

impl From<NotOurs> for Event {
    fn from(not_ours: NotOurs) -> Self {
        match not_ours {
            NotOurs::Id => Self::Outdated,
            NotOurs::Garbage | NotOurs::Question => Self::Invalid,
        }
    }
}

/// Of one name server.
#[derive(Debug, Default)]
pub(super) struct Counts([AtomicU64; Event::COUNT]);

impl Counts {
    pub(super) fn add(&self, event: Event) {
        self.0[event as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn of(&self, event: Event) -> u64 {
        self.0[event as usize].load(Relaxed)
    }

    fn stats(&self, section: &ObjectKey, name: &str) -> NameServerStats {
        NameServerStats {
            section: Some(section.into()),
            name: name.to_owned(),
            sent: self.of(Event::Sent),
            send_errors: self.of(Event::SendError),
            valid: self.of(Event::Valid),
            updates: self.of(Event::Update),
            alias_errors: self.of(Event::AliasError),
            empty: self.of(Event::Empty),
            nx: self.of(Event::NxDomain),
            timeouts: self.of(Event::Timeout),
            refused: self.of(Event::Refused),
            other: self.of(Event::Other),
            invalid: self.of(Event::Invalid),
            too_big: self.of(Event::TooBig),
            truncated: self.of(Event::Truncated),
            outdated: self.of(Event::Outdated),
        }
    }
}

/// Name servers by their names, in their order.
type Section = Vec<(Box<str>, Arc<Counts>)>;

/// The name servers of all sections.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<ObjectKey, Section>>);

impl Ledger {
    /// Keeps just these sections; those that are new, and name servers that are, with nothing yet.
    pub(super) fn follow(&self, sections: &BTreeMap<ObjectKey, Arc<Resolvers>>) {
        let mut known = self.sections();
        known.retain(|key, _| sections.contains_key(key));
        for (key, config) in sections {
            let before = known.entry(key.clone()).or_default();
            let written =
                config.servers.iter().map(|server| (server.name.clone(), counts(before, &server.name)));
            let mut servers: Section = written.collect();
            // Those of the host are known once they are asked.
            let named = |name: &str| config.servers.iter().any(|server| *server.name == *name);
            servers.extend(before.drain(..).filter(|(name, _)| config.system_servers && !named(name)));
            *before = servers;
        }
    }

    /// The counts of a name server that is asked.
    pub(super) fn server(&self, section: &ObjectKey, name: &str) -> Arc<Counts> {
        let mut known = self.sections();
        let servers = known.entry(section.clone()).or_default();
        let counts = counts(servers, name);
        if !servers.iter().any(|(known, _)| **known == *name) {
            servers.push((name.into(), Arc::clone(&counts)));
        }
        counts
    }

    /// Those of the sections of this name; empty: of all.
    pub(crate) fn stats(&self, name: &str) -> Vec<NameServerStats> {
        let known = self.sections();
        let asked = known.iter().filter(|(key, _)| name.is_empty() || key.name() == name);
        asked
            .flat_map(|(key, servers)| servers.iter().map(|(name, counts)| counts.stats(key, name)))
            .collect()
    }

    /// Begins to count anew.
    pub(crate) fn clear(&self) {
        let known = self.sections();
        let all = known.values().flatten().flat_map(|(_, counts)| &counts.0);
        all.for_each(|count| count.store(0, Relaxed));
    }

    fn sections(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Section>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counts(servers: &Section, name: &str) -> Arc<Counts> {
    servers
        .iter()
        .find(|(known, _)| **known == *name)
        .map(|(_, counts)| Arc::clone(counts))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sluicegate_model::resolvers::{Hold, NameServer};
    use sluicegate_proto::v1::{Kind, Origin};

    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new("test", "", Kind::Resolvers, name).unwrap()
    }

    fn sections(written: &[(&str, &[&str])]) -> BTreeMap<ObjectKey, Arc<Resolvers>> {
        let server = |name: &&str| NameServer {
            name: (*name).into(),
            address: "127.0.0.1:53".parse().unwrap(),
            tcp: false,
        };
        let section = |(name, servers): &(&str, &[&str])| Resolvers {
            key: key(name),
            origin: Origin::default(),
            servers: servers.iter().map(server).collect(),
            system_servers: *name == "default",
            retries: 1.try_into().unwrap(),
            resolve_interval: Duration::from_secs(1),
            retry_interval: Duration::from_secs(1),
            hold: Hold::default(),
            payload_bytes: 512,
            fresh: None,
        };
        written.iter().map(|it| (key(it.0), Arc::new(section(it)))).collect()
    }

    fn told(ledger: &Ledger, name: &str) -> Vec<(String, u64)> {
        ledger.stats(name).into_iter().map(|stats| (stats.name, stats.sent)).collect()
    }

    #[test]
    fn counts_go_by_the_names_of_sections_and_servers() {
        let ledger = Ledger::default();
        ledger.follow(&sections(&[("ns", &["b", "a"]), ("default", &[])]));
        ledger.server(&key("ns"), "a").add(Event::Sent);
        ledger.server(&key("default"), "10.0.0.53").add(Event::Sent);
        let of = |name: &str, sent| (name.to_owned(), sent);
        assert_eq!(told(&ledger, "ns"), [of("b", 0), of("a", 1)], "as they are written");
        assert_eq!(told(&ledger, ""), [of("10.0.0.53", 1), of("b", 0), of("a", 1)]);
        assert_eq!(told(&ledger, "other"), []);
        ledger.follow(&sections(&[("ns", &["a", "c"]), ("default", &[])]));
        assert_eq!(told(&ledger, ""), [of("10.0.0.53", 1), of("a", 1), of("c", 0)]);
        ledger.clear();
        assert_eq!(told(&ledger, "ns"), [of("a", 0), of("c", 0)]);
        ledger.follow(&sections(&[("other", &["c"])]));
        assert_eq!(told(&ledger, ""), [of("c", 0)]);
    }
}
