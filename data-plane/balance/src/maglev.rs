//! Google's lookup table for hashed keys (Eisenbud et al., "Maglev", NSDI 2016, section 3.4): the most even shares, few
//! keys that move, and one access a choice.

use crate::hash::mix;
use crate::server::Server;

/// Slots: primes, since steps of any size must reach all of them. The first is the paper's; its larger one, 655 373, takes
/// three times as long to fill as the last, and a change of one endpoint is to be cheap.
const SIZES: [u32; 3] = [65_537, 131_101, 262_147];

/// Slots for each endpoint that shares are even by; fewer where the largest table has no more.
const SLOTS_EACH: usize = 100;

/// Each slot has an endpoint.
///
/// Each endpoint has its own order of all slots. They take turns, each with the next free slot in its order, more turns
/// with more weight. So an endpoint that goes leaves its slots, and nearly all others keep theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Maglev {
    /// Places.
    slots: Box<[u32]>,
}

impl Maglev {
    /// A table of `servers`. It is the same whatever their order as long as keys ([`Server::key`]) differ.
    pub fn new(servers: &[Server]) -> Self {
        let mut servers: Vec<Server> = servers.iter().copied().filter(|server| server.weight > 0).collect();
        servers.sort_unstable_by_key(|server| (server.key, server.place));
        let wanted = servers.len() * SLOTS_EACH;
        let size = SIZES.into_iter().find(|&size| size as usize >= wanted).unwrap_or(SIZES[SIZES.len() - 1]);
        Self { slots: filled(&servers, size) }
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
        self.turn(mix(hash).into(), may)
    }

    /// Who has the slot at `cursor`: turns by weight for what has no key, or the next that `may`.
    pub fn turn(&self, cursor: u64, mut may: impl FnMut(u32) -> bool) -> Option<u32> {
        let start = usize::try_from(cursor.checked_rem(self.slots.len() as u64)?).ok()?;
        let (before, from) = self.slots.split_at(start);
        from.iter().chain(before).copied().find(|&place| may(place))
    }
}

fn filled(servers: &[Server], size: u32) -> Box<[u32]> {
    let total: u64 = servers.iter().map(|server| u64::from(server.weight)).sum();
    let Some(average) = total.checked_div(servers.len() as u64) else { return Box::default() };
    let mut walks: Vec<Walk> = servers.iter().map(|server| Walk::new(server.key, size)).collect();
    let mut free = Free::new(size);
    let mut slots = vec![0; size as usize];
    let mut left = size;
    loop {
        for (server, walk) in servers.iter().zip(&mut walks) {
            walk.credit += u64::from(server.weight);
            while walk.credit >= average {
                walk.credit -= average;
                slots[walk.next(&mut free, size)] = server.place;
                left -= 1;
                if left == 0 {
                    return slots.into();
                }
            }
        }
    }
}

/// An endpoint's way over all slots.
struct Walk {
    at: u32,
    step: u32,
    /// Weight that has had no slot yet.
    credit: u64,
}

impl Walk {
    fn new(key: u32, size: u32) -> Self {
        let (start, step) = (mix(key), mix(!key));
        Self { at: start % size, step: step % (size - 1) + 1, credit: 0 }
    }

    /// The next free slot of its way, which is then taken; there must be one.
    fn next(&mut self, free: &mut Free, size: u32) -> usize {
        loop {
            let slot = self.at;
            let next = slot + self.step;
            self.at = if next < size { next } else { next - size };
            if free.take(slot) {
                return slot as usize;
            }
        }
    }
}

/// A bit for each slot: small enough to stay in the processor's cache.
struct Free(Box<[u64]>);

impl Free {
    fn new(size: u32) -> Self {
        Self(vec![u64::MAX; size.div_ceil(64) as usize].into())
    }

    fn take(&mut self, slot: u32) -> bool {
        let (word, bit) = (&mut self.0[slot as usize / 64], 1 << (slot % 64));
        let free = *word & bit != 0;
        *word &= !bit;
        free
    }
}

#[cfg(test)]
mod tests;
