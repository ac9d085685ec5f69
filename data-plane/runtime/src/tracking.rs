//! Endpoints whose health is that of another (HAProxy: track).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluicegate_engine::live::{Active, Health, LiveBackend, LiveEndpoint};
use sluicegate_proto::id::ObjectKey;

use crate::news::{Cause, Happening, News};

/// Who follows whom in one generation.
#[derive(Debug, Default)]
pub(crate) struct Tracking {
    followers: Vec<Follower>,
}

#[derive(Debug)]
struct Follower {
    backend: Arc<LiveBackend>,
    endpoint: Arc<LiveEndpoint>,
    /// The end of its chain; `None`: there is none, or the chain bites its tail.
    root: Option<(Arc<LiveBackend>, Arc<LiveEndpoint>)>,
}

impl Tracking {
    pub(crate) fn of(active: &Active) -> Self {
        let all = active
            .backends
            .values()
            .flat_map(|backend| backend.endpoints.iter().map(move |endpoint| (backend, endpoint)));
        let tracked: BTreeMap<&ObjectKey, &ObjectKey> = all
            .clone()
            .filter_map(|(_, endpoint)| Some((&endpoint.config.key, endpoint.config.track.as_ref()?)))
            .collect();
        let found: BTreeMap<&ObjectKey, _> = match tracked.is_empty() {
            true => BTreeMap::new(),
            false => {
                all.clone().map(|(backend, endpoint)| (&endpoint.config.key, (backend, endpoint))).collect()
            }
        };
        let followers = all.filter(|(_, endpoint)| tracked.contains_key(&endpoint.config.key));
        let followers = followers.map(|(backend, endpoint)| {
            let root = root(&tracked, &endpoint.config.key).and_then(|root| found.get(root));
            let root = root.map(|(backend, endpoint)| (Arc::clone(backend), Arc::clone(endpoint)));
            Follower { backend: Arc::clone(backend), endpoint: Arc::clone(endpoint), root }
        });
        Self { followers: followers.collect() }
    }

    /// Gives every follower the health that it has now, and says where that is another one.
    pub(crate) fn settle(&self, news: News<'_>) {
        for follower in &self.followers {
            follower.settle(news);
        }
    }
}

impl Follower {
    fn settle(&self, news: News<'_>) {
        let config = &self.endpoint.config;
        let before = self.endpoint.state.standing().told();
        // Nothing can be sent to a name that leads nowhere, and what a person said goes before.
        if before == Health::Unresolved || config.forced_health.is_some() {
            return;
        }
        let now = match &self.root {
            None => Health::Down,
            Some((backend, root)) => health_of(backend, root),
        };
        if now == before {
            return;
        }
        let cause = match &self.root {
            None => Cause::Reason("what it tracks is not there".to_owned()),
            Some((backend, root)) => Cause::Via(format!("{}/{}", backend.name(), root.name())),
        };
        self.endpoint.state.set_health(now, cause.to_string().trim_start_matches([',', ' ']));
        let is_out = self.root.as_ref().is_some_and(|(backend, root)| root.is_out(backend));
        let happening = match now {
            Health::Up => Happening::Up(cause),
            Health::Stopping => Happening::Drain(cause),
            _ if is_out => Happening::Maintenance(cause),
            _ => Happening::Down(cause),
        };
        if before != Health::Unchecked || now != Health::Up {
            news.tell(&self.backend, &self.endpoint, &happening);
        }
    }
}

/// What stands at the end of the chain that begins at `start`; `None` where it has no end.
fn root<'a>(tracked: &BTreeMap<&'a ObjectKey, &'a ObjectKey>, start: &'a ObjectKey) -> Option<&'a ObjectKey> {
    let mut seen = BTreeSet::new();
    let mut at = start;
    while let Some(next) = tracked.get(at) {
        if !seen.insert(at) {
            return None;
        }
        at = next;
    }
    Some(at)
}

/// The health of what is tracked, its administrative state too, as HAProxy hands it on.
fn health_of(backend: &LiveBackend, endpoint: &LiveEndpoint) -> Health {
    // What a backend makes of its own exchanges says nothing of those of others.
    let health = endpoint.state.standing().told();
    if endpoint.is_out(backend) {
        Health::Down
    } else if health == Health::Stopping || (endpoint.drains() && health.is_usable()) {
        Health::Stopping
    } else if health.is_usable() {
        Health::Up
    } else {
        Health::Down
    }
}

#[cfg(test)]
mod tests {
    use sluicegate_proto::v1::Kind;

    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new("haproxy", "", Kind::Endpoint, name).unwrap()
    }

    #[test]
    fn chains_have_an_end_or_none() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(key);
        let tracked = BTreeMap::from([(&a, &b), (&b, &c)]);
        assert_eq!(root(&tracked, &a), Some(&c));
        assert_eq!(root(&tracked, &b), Some(&c));
        assert_eq!(root(&tracked, &d), Some(&d));
        let bites = BTreeMap::from([(&a, &b), (&b, &a)]);
        assert_eq!(root(&bites, &a), None);
    }
}
