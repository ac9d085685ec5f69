//! What of other containers' definitions the routes of one hang on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::service::items;
use super::{Block, Blocks, Definitions, Key, Shared, modes, named};
use crate::wanted::Mode;

/// Most middlewares that are followed; a router has fewer.
const MOST: usize = 1_000;

/// While it is the same, what a container says is.
#[derive(Debug, Default, PartialEq)]
pub(in crate::vocabulary) struct Needs {
    /// Those that lead to its services.
    routers: Vec<BTreeMap<String, Arc<Block>>>,
    /// Services that it names, and does not have: whether there are some.
    services: Vec<bool>,
    middlewares: Vec<Option<Arc<Block>>>,
}

impl Needs {
    /// What a container asks of what all share.
    pub(in crate::vocabulary) fn of(own: &Definitions, shared: &Shared) -> Self {
        let mut needs = Self::default();
        let implied = modes().into_iter().map(|mode| (mode, own.name.clone()));
        let services: BTreeSet<Key> = own.services.keys().cloned().chain(implied).collect();
        let mut names: BTreeSet<Key> = own.middlewares.keys().cloned().collect();
        for key in &services {
            let Some(routers) = shared.routers.get(key) else { continue };
            routers.values().for_each(|router| listed(key.0, router, "middlewares", &mut names));
            needs.routers.push(routers.clone());
        }
        for (key, router) in &own.routers {
            listed(key.0, router, "middlewares", &mut names);
            if let Some((service, _)) = named(router) {
                needs.services.push(shared.services.contains(&(key.0, service.to_owned())));
            }
        }
        needs.follow(names, &own.middlewares, &shared.middlewares);
        needs
    }

    /// Chains lead to others.
    fn follow(&mut self, mut names: BTreeSet<Key>, own: &Blocks, shared: &Blocks) {
        let mut seen = BTreeSet::new();
        while let Some(key) = names.pop_first()
            && seen.len() < MOST
        {
            let block = shared.get(&key).or_else(|| own.get(&key));
            self.middlewares.push(block.cloned());
            seen.insert(key.clone());
            if let Some(block) = block {
                let mut further = BTreeSet::new();
                listed(key.0, block, "chain.middlewares", &mut further);
                names.extend(further.into_iter().filter(|key| !seen.contains(key)));
            }
        }
    }
}

/// Names in a setting.
fn listed(mode: Mode, block: &Block, setting: &str, names: &mut BTreeSet<Key>) {
    let plain = |name: String| name.strip_suffix("@docker").map_or(name.clone(), str::to_owned);
    names.extend(items(block.get(setting)).into_iter().map(|name| (mode, plain(name))));
}
