//! Who takes traffic now, and in which turns.

use std::sync::Arc;

use sluicegate_model::Backend;

use super::endpoint::LiveEndpoint;

/// The usable endpoints of a backend; replaced when a configuration or a health changes, read on each request.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// One round of turns: indices into the backend's endpoints.
    turns: Box<[u32]>,
    /// The same indices, each once, sorted.
    usable: Box<[u32]>,
}

impl Table {
    pub(super) fn build(config: &Backend, endpoints: &[Arc<LiveEndpoint>]) -> Self {
        if config.settings.disabled {
            return Self::default();
        }
        let usable = |backup: bool| {
            (0u32..).zip(endpoints).filter(move |(_, endpoint)| {
                let own = &endpoint.config;
                own.backup == backup && !own.disabled && own.weight > 0 && endpoint.state.is_usable()
            })
        };
        let mut chosen: Vec<(u32, u16)> =
            usable(false).map(|(index, it)| (index, it.config.weight)).collect();
        if chosen.is_empty() {
            let most = if config.settings.all_backups { usize::MAX } else { 1 };
            chosen = usable(true).take(most).map(|(index, it)| (index, it.config.weight)).collect();
        }
        let weights: Vec<u16> = chosen.iter().map(|(_, weight)| *weight).collect();
        let turns = turns(&weights).into_iter().map(|place| chosen[place].0).collect();
        Self { turns, usable: chosen.into_iter().map(|(index, _)| index).collect() }
    }

    /// Whose turn it is; `None`: nobody is usable.
    pub(super) fn turn(&self, cursor: u64) -> Option<u32> {
        let length = self.turns.len() as u64;
        let place = cursor.checked_rem(length)?;
        usize::try_from(place).ok().and_then(|place| self.turns.get(place)).copied()
    }

    /// The usable ones, beginning after `index`, which comes last.
    pub(super) fn after(&self, index: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.usable.partition_point(|&other| other <= index);
        self.usable[start..].iter().chain(&self.usable[..start]).copied()
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        self.usable.binary_search(&index).is_ok()
    }
}

/// One round of turns over `weights`, each as often as its weight says and spread evenly, the heavier first.
fn turns(weights: &[u16]) -> Vec<usize> {
    let common = weights.iter().copied().fold(0, divisor);
    if weights.iter().all(|&weight| weight == common) {
        return (0..weights.len()).collect();
    }
    let mut turns = Vec::new();
    for (place, &weight) in weights.iter().enumerate() {
        let share = u64::from(weight / common.max(1));
        turns.extend((0..share).map(|turn| (Turn { middle: 2 * turn + 1, share }, place)));
    }
    turns.sort_by(|(left, _), (right, _)| left.cmp(right));
    turns.into_iter().map(|(_, place)| place).collect()
}

/// The middle of the n-th of `share` equal parts of a round: `middle / (2 * share)`.
#[derive(PartialEq, Eq)]
struct Turn {
    middle: u64,
    share: u64,
}

impl Turn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.middle * other.share).cmp(&(other.middle * self.share))
    }
}

fn divisor(a: u16, b: u16) -> u16 {
    if b == 0 { a } else { divisor(b, a % b) }
}
