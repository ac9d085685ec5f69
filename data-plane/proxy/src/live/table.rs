//! Who takes traffic now, and in which turns.

use std::sync::Arc;

use sluicegate_balance::{Candidate, Schedule, eligible};
use sluicegate_model::Backend;

use super::endpoint::LiveEndpoint;

/// The usable endpoints of a backend; replaced when a configuration or a health changes, read on each request.
#[derive(Debug, Default)]
pub(super) struct Table {
    turns: Schedule,
    /// Indices into the backend's endpoints, each once, sorted.
    usable: Box<[u32]>,
}

impl Table {
    pub(super) fn build(config: &Backend, endpoints: &[Arc<LiveEndpoint>]) -> Self {
        if config.settings.disabled {
            return Self::default();
        }
        let candidates = endpoints.iter().map(|endpoint| Candidate {
            weight: endpoint.config.weight,
            backup: endpoint.config.backup,
            usable: !endpoint.config.disabled && !endpoint.config.drain && endpoint.state.is_usable(),
        });
        let eligible = eligible(candidates, config.settings.all_backups);
        Self { turns: Schedule::new(&eligible), usable: eligible.iter().map(|(index, _)| *index).collect() }
    }

    /// Whose turn it is, or who is next of those that `take` succeeds with.
    pub(super) fn pick(&self, cursor: u64, take: impl FnMut(u32) -> bool) -> Option<u32> {
        self.turns.pick(cursor, take)
    }

    /// How many are usable.
    pub(super) fn len(&self) -> usize {
        self.usable.len()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        self.usable.binary_search(&index).is_ok()
    }
}
