//! Smooth weighted round robin: turns in proportion to weights, spread as evenly as whole turns can be.

use std::collections::VecDeque;

use crate::server::divisor;

/// Turns of a schedule where rounding the weights can keep it so short; it is longer only where there are more endpoints
/// than that, and has one turn each then (a few more by rounding up).
pub const MAX_TURNS: usize = 16_384;

/// Turns before a search among full endpoints stops following the turns and takes any that is not full.
const PATIENCE: usize = 64;

/// The order of turns, computed once, read by any number of threads.
///
/// One cursor that only grows makes turns strict: `turn(0)`, `turn(1)` ... Any window as long as the schedule has for
/// each endpoint exactly as many turns as its weight divided by the greatest common divisor of all weights.
///
/// Where that would be more than [`MAX_TURNS`], weights are scaled down to it and rounded, never below one turn: a share
/// is then off by half a turn of `MAX_TURNS`, and that of a weight too small for a turn is larger than asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    turns: Box<[u32]>,
    /// Every endpoint once, in order.
    members: Box<[u32]>,
}

impl Schedule {
    /// A schedule of endpoints, each with its weight; weights of 0 have no turns.
    ///
    /// The order is that of the algorithm known from nginx: each turn goes to the endpoint that lags most behind its
    /// share, the first of several.
    pub fn new(endpoints: &[(u32, u16)]) -> Self {
        let endpoints: Vec<(u32, u16)> =
            endpoints.iter().copied().filter(|&(_, weight)| weight > 0).collect();
        let members = endpoints.iter().map(|&(endpoint, _)| endpoint).collect();
        Self { turns: order(&endpoints, &reduced(&endpoints)), members }
    }

    /// Turns until the order repeats; 0 where nobody has one.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Whether nobody has a turn.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Whose turn it is at `cursor`.
    pub fn turn(&self, cursor: u64) -> Option<u32> {
        self.turns.get(self.place(cursor)?).copied()
    }

    /// Whose turn it is at `cursor` or, where that one is not `free`, at the next that is. Asks about no more than twice
    /// as many endpoints as there are, and a few. `None`: none is free.
    pub fn pick(&self, cursor: u64, mut free: impl FnMut(u32) -> bool) -> Option<u32> {
        let place = self.place(cursor)?;
        let (before, from) = self.turns.split_at(place);
        let ahead = from.iter().chain(before).take(PATIENCE.max(self.members.len()));
        if let Some(&endpoint) = ahead.into_iter().find(|&&endpoint| free(endpoint)) {
            return Some(endpoint);
        }
        // Endpoints of small weight may not have been among those turns.
        let (before, from) = self.members.split_at(place % self.members.len());
        from.iter().chain(before).copied().find(|&endpoint| free(endpoint))
    }

    fn place(&self, cursor: u64) -> Option<usize> {
        let length = u64::try_from(self.turns.len()).ok()?;
        usize::try_from(cursor.checked_rem(length)?).ok()
    }
}

/// Turns of each endpoint in one round.
fn reduced(endpoints: &[(u32, u16)]) -> Vec<u32> {
    let divisor = divisor(endpoints.iter().map(|&(_, weight)| weight));
    let turns = endpoints.iter().map(|&(_, weight)| u32::from(weight / divisor));
    let total: u64 = turns.clone().map(u64::from).sum();
    let most = MAX_TURNS as u64;
    if total <= most {
        return turns.collect();
    }
    let scaled = |turns: u32| (u64::from(turns) * most + total / 2) / total;
    turns.map(|turns| u32::try_from(scaled(turns)).unwrap_or(u32::MAX).max(1)).collect()
}

/// Endpoints of equal weight take their turns one after the other, so that only the first of each weight is compared:
/// the cost of a turn is the number of different weights, not of endpoints.
fn order(endpoints: &[(u32, u16)], turns: &[u32]) -> Box<[u32]> {
    let total: i64 = turns.iter().copied().map(i64::from).sum();
    let mut groups: Vec<Group> = Vec::new();
    for (place, &weight) in turns.iter().enumerate() {
        let weight = i64::from(weight);
        match groups.iter_mut().find(|group| group.weight == weight) {
            Some(group) => group.waiting.push_back((place, 0)),
            None => groups.push(Group { weight, waiting: VecDeque::from([(place, 0)]) }),
        }
    }
    let next = |now| {
        let most_behind = groups.iter_mut().max_by_key(|group| group.claim(now, total))?;
        let (place, taken) = most_behind.waiting.pop_front()?;
        most_behind.waiting.push_back((place, taken + 1));
        Some(endpoints[place].0)
    };
    (1..=total).map_while(next).collect()
}

struct Group {
    weight: i64,
    /// Place and turns taken so far, fewest turns first.
    waiting: VecDeque<(usize, i64)>,
}

impl Group {
    /// How far its first endpoint lags behind its share at turn `now`, and its place, the lower the better.
    fn claim(&self, now: i64, total: i64) -> (i64, std::cmp::Reverse<usize>) {
        let (place, taken) = self.waiting.front().copied().unwrap_or((usize::MAX, 0));
        (now * self.weight - taken * total, std::cmp::Reverse(place))
    }
}

#[cfg(test)]
mod tests;
