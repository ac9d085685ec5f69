//! A table of turns: HAProxy's `static-rr`, and its `hash-type map-based`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::server::Server;

/// Slots of a table; where weights would need more, they are halved until they do not, though never below 1.
pub const MAX_SLOTS: u64 = 1 << 18;

/// Each endpoint in as many slots as its weight, in HAProxy's order: whoever has most whole turns outstanding is next,
/// the first in the list of several.
///
/// Up to [`MAX_SLOTS`] slots it is HAProxy's table of the same endpoints. Any other list of endpoints is another table, in which most keys go elsewhere; see [`Ring`](crate::Ring).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    /// Places.
    slots: Box<[u32]>,
}

impl Map {
    /// A table of `servers`, in the order of the configuration, whose weights are divided by `divisor`: that of all the
    /// backend's weights ([`divisor`](crate::divisor)), also of those who take no traffic now.
    pub fn new(servers: &[Server], divisor: u16) -> Self {
        let exact = |server: &Server| server.weight.div_ceil(divisor.max(1));
        let total: u64 = servers.iter().map(|server| u64::from(exact(server))).sum();
        let halvings = (0..16).find(|halvings| total >> halvings <= MAX_SLOTS).unwrap_or(15);
        let turns = |server: &Server| match exact(server) {
            0 => 0,
            exact => u32::from((exact >> halvings).max(1)),
        };
        let turns: Vec<u32> = servers.iter().map(turns).collect();
        Self { slots: order(&turns).into_iter().map(|at| servers[at as usize].place).collect() }
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is nobody to choose.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Who has the keys of this hash or, where that one `may` not, who has the next slot and may. `None`: nobody may, after
    /// having asked for each slot.
    pub fn at(&self, hash: u32, may: impl FnMut(u32) -> bool) -> Option<u32> {
        self.turn(hash.into(), may)
    }

    /// Whose turn it is at `cursor`, or who is next of those that `may` take it. Asks for each slot once at most.
    pub fn turn(&self, cursor: u64, mut may: impl FnMut(u32) -> bool) -> Option<u32> {
        let start = usize::try_from(cursor.checked_rem(self.slots.len() as u64)?).ok()?;
        let (before, from) = self.slots.split_at(start);
        from.iter().chain(before).copied().find(|&place| may(place))
    }
}

/// Who has each slot, by position in `turns`.
///
/// Everybody starts with one turn outstanding and gets the `m`th more before slot ⌈m × total / turns⌉, counted from 1,
/// so what changes at a slot is known beforehand, and a slot costs the logarithm of how many there are.
///
/// Where all have as many turns they go round, which is most lists and costs no search.
fn order(turns: &[u32]) -> Vec<u32> {
    let all = 0..u32::try_from(turns.len()).unwrap_or(u32::MAX);
    match turns {
        [first, rest @ ..] if rest.iter().all(|turns| turns == first) => {
            (0..*first).flat_map(|_| all.clone()).collect()
        }
        _ => searched(turns),
    }
}

fn searched(turns: &[u32]) -> Vec<u32> {
    let gains = Gains::new(turns);
    let mut outstanding: Vec<u32> = turns.iter().map(|&turns| u32::from(turns > 0)).collect();
    let first = (0..).zip(&outstanding).filter(|&(_, &turns)| turns > 0);
    // Entries whose number is no longer that of their endpoint are void.
    let mut ready: BinaryHeap<(u32, Reverse<u32>)> = first.map(|(at, &turns)| (turns, Reverse(at))).collect();
    let mut order = Vec::with_capacity(gains.who.len());
    for slot in 0..gains.who.len() {
        for &at in gains.at(slot) {
            outstanding[at as usize] += 1;
            ready.push((outstanding[at as usize], Reverse(at)));
        }
        let mut next = std::iter::from_fn(|| ready.pop());
        let Some((turns, Reverse(at))) = next.find(|&(turns, Reverse(at))| turns == outstanding[at as usize])
        else {
            break;
        };
        outstanding[at as usize] = turns - 1;
        if turns > 1 {
            ready.push((turns - 1, Reverse(at)));
        }
        order.push(at);
    }
    order
}

/// Who gets one more turn before which slot.
struct Gains {
    /// Where in `who` those of a slot end.
    ends: Vec<u32>,
    who: Vec<u32>,
}

impl Gains {
    fn new(turns: &[u32]) -> Self {
        let total: u64 = turns.iter().copied().map(u64::from).sum();
        let slots = |turns: u32| {
            (1..=u64::from(turns)).map(move |m| (m * total).div_ceil(u64::from(turns)) as usize - 1)
        };
        let mut ends = vec![0_u32; total as usize];
        turns.iter().flat_map(|&turns| slots(turns)).for_each(|slot| ends[slot] += 1);
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum - *end;
        }
        let mut who = vec![0; total as usize];
        for (at, &turns) in (0..).zip(turns) {
            for slot in slots(turns) {
                who[ends[slot] as usize] = at;
                ends[slot] += 1;
            }
        }
        Self { ends, who }
    }

    fn at(&self, slot: usize) -> &[u32] {
        let start = slot.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.who[start as usize..self.ends[slot] as usize]
    }
}

#[cfg(test)]
mod tests;
