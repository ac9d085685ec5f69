//! Consistent hashing: who comes or goes moves only keys of its own share. (HAProxy: hash-type consistent)

use crate::hash::mix;
use crate::server::Server;

/// Nodes of a ring; where weights would need more, all have half as many, and half of that, though never below 1.
pub const MAX_NODES: u64 = 1 << 21;

/// Points on a circle of 32 bits, each with an endpoint; a key belongs to the closest.
///
/// Up to [`MAX_NODES`] points it is HAProxy's ring of the same endpoints: a point for each sixteenth of a unit of weight.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ring {
    servers: Box<[Server]>,
    /// The point above, the position in `servers` below, sorted.
    nodes: Box<[u64]>,
    /// For each value of the upper bits of a hash, how many points are below: where a search starts.
    starts: Box<[u32]>,
    halvings: u32,
}

impl Ring {
    /// A ring of `servers`, in the order of the configuration: of two points in one spot it is the first's that counts
    /// to keys before it.
    pub fn new(servers: &[Server]) -> Self {
        let halvings = halvings(servers);
        let mut nodes: Vec<u64> =
            (0..).zip(servers).flat_map(|(at, server)| points(server, halvings, at)).collect();
        nodes.sort_unstable();
        Self::of(servers, nodes.into(), halvings)
    }

    /// The ring of `servers`, which is what [`Ring::new`] makes of them. Where few of them are not in this ring as they
    /// are, it costs one pass over the points; what changed most often is one.
    pub fn renewed(&self, servers: &[Server]) -> Self {
        let halvings = halvings(servers);
        let Some(moved) = moves(&self.servers, servers).filter(|_| halvings == self.halvings) else {
            return Self::new(servers);
        };
        let sorted = |servers: &[Server], which: &[u32]| {
            let mut nodes: Vec<u64> =
                which.iter().flat_map(|&at| points(&servers[at as usize], halvings, at)).collect();
            nodes.sort_unstable();
            nodes
        };
        let fresh = sorted(servers, &moved.added);
        let nodes = match moved.shift() {
            Some(shift) => spliced(&self.nodes, shift, &sorted(&self.servers, &moved.gone()), &fresh),
            None => merged(&self.nodes, &moved.kept, &fresh),
        };
        Self::of(servers, nodes, halvings)
    }

    fn of(servers: &[Server], nodes: Box<[u64]>, halvings: u32) -> Self {
        Self { servers: servers.into(), starts: starts(&nodes), nodes, halvings }
    }

    /// How many points there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nobody to choose.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Who has the keys of this hash: the endpoint of the closest point or, where that one `may` not, of the next point
    /// up the circle whose endpoint may. `None`: nobody may, after having asked for each point.
    pub fn at(&self, hash: u32, may: impl FnMut(u32) -> bool) -> Option<u32> {
        self.owner(hash, may).map(|server| server.place)
    }

    /// The endpoint of the point at `cursor`, counted up the circle from 0, or of the next whose endpoint `may`: turns
    /// by weight for what has no key. (HAProxy does the same.)
    pub fn turn(&self, cursor: u64, may: impl FnMut(u32) -> bool) -> Option<u32> {
        let start = usize::try_from(cursor.checked_rem(self.nodes.len() as u64)?).ok()?;
        self.from(start, may).map(|server| server.place)
    }

    /// The same with what is known of it.
    pub(crate) fn owner(&self, hash: u32, may: impl FnMut(u32) -> bool) -> Option<Server> {
        self.from(self.closest(hash)?, may)
    }

    fn closest(&self, hash: u32) -> Option<usize> {
        let last = self.nodes.len().checked_sub(1)?;
        let part = (hash >> width(self.starts.len() - 1)) as usize;
        let (from, to) = (self.starts[part] as usize, self.starts[part + 1] as usize);
        let after = from + self.nodes[from..to].partition_point(|&node| point(node) < hash);
        let (before, after) = (after.checked_sub(1).unwrap_or(last), if after > last { 0 } else { after });
        let behind = hash.wrapping_sub(point(self.nodes[before]));
        let ahead = point(self.nodes[after]).wrapping_sub(hash);
        Some(if behind <= ahead { before } else { after })
    }

    fn from(&self, start: usize, mut may: impl FnMut(u32) -> bool) -> Option<Server> {
        let (before, from) = self.nodes.split_at(start);
        let servers = from.iter().chain(before).map(|&node| self.servers[slot(node) as usize]);
        servers.into_iter().find(|server| may(server.place))
    }
}

fn point(node: u64) -> u32 {
    (node >> 32) as u32
}

fn slot(node: u64) -> u32 {
    node as u32
}

/// Bits of a hash below those that tell which of `parts` it is in; a power of two from 2 to 2^31.
fn width(parts: usize) -> u32 {
    u32::BITS - parts.trailing_zeros()
}

/// Parts of about 4 points, since points are spread evenly.
fn starts(nodes: &[u64]) -> Box<[u32]> {
    let parts = (nodes.len() / 4).next_power_of_two().max(2);
    let mut starts = vec![0; parts + 1];
    nodes.iter().for_each(|&node| starts[(point(node) >> width(parts)) as usize + 1] += 1);
    let mut sum = 0;
    starts.iter_mut().for_each(|start| {
        sum += *start;
        *start = sum;
    });
    starts.into()
}

fn halvings(servers: &[Server]) -> u32 {
    let nodes: u64 = servers.iter().map(|server| u64::from(server.weight)).sum();
    (0..20).find(|halvings| nodes >> halvings <= MAX_NODES).unwrap_or(20)
}

fn points(server: &Server, halvings: u32, at: u32) -> impl Iterator<Item = u64> + use<> {
    let key = server.key;
    let many = match u32::from(server.weight) {
        0 => 0,
        exact => (exact >> halvings).max(1),
    };
    (0..many).map(move |n| u64::from(mix(key.wrapping_add(n))) << 32 | u64::from(at))
}

/// What became of a list.
struct Moves {
    /// Where each of the old list is in the new one; [`GONE`].
    kept: Vec<u32>,
    /// What of the new list is not in the old one.
    added: Vec<u32>,
}

const GONE: u32 = u32::MAX;

impl Moves {
    /// Where those were that are gone.
    fn gone(&self) -> Vec<u32> {
        (0..).zip(&self.kept).filter(|(_, to)| **to == GONE).map(|(at, _)| at).collect()
    }

    /// How the positions of the others change, if from one on they change alike and before it not at all.
    fn shift(&self) -> Option<Shift> {
        let mut stay = (0..).zip(&self.kept).filter(|(_, to)| **to != GONE);
        let moved = stay.find(|(at, to)| at != *to);
        let Some((from, &to)) = moved else { return Some(Shift { from: GONE, to: GONE }) };
        let by = to.wrapping_sub(from);
        stay.all(|(at, to)| at.wrapping_add(by) == *to).then_some(Shift { from, to })
    }
}

/// Positions from one on become those from another on; who goes before it is never behind who stays after it.
#[derive(Clone, Copy)]
struct Shift {
    from: u32,
    to: u32,
}

impl Shift {
    fn of(self, node: u64) -> u64 {
        let at = slot(node);
        let to = if at >= self.from { (at - self.from).wrapping_add(self.to) } else { at.min(self.to) };
        node & !u64::from(u32::MAX) | u64::from(to)
    }
}

/// `None`: those in both lists changed their order.
fn moves(old: &[Server], new: &[Server]) -> Option<Moves> {
    let same = |a: &Server, b: &Server| (a.key, a.weight) == (b.key, b.weight);
    let head = old.iter().zip(new).take_while(|(old, new)| same(old, new)).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|(old, new)| same(old, new))
        .count();
    let sorted = |servers: &[Server]| {
        let mut sorted: Vec<(u32, u16, u32)> = (0..)
            .zip(servers)
            .skip(head)
            .take(servers.len() - head - tail)
            .map(|(at, server)| (server.key, server.weight, at))
            .collect();
        sorted.sort_unstable();
        sorted
    };
    let (was, is) = (sorted(old), sorted(new));
    let index = |at: usize| u32::try_from(at).unwrap_or(GONE);
    let mut kept = vec![GONE; old.len()];
    (0..head).for_each(|at| kept[at] = index(at));
    (0..tail).for_each(|back| kept[old.len() - 1 - back] = index(new.len() - 1 - back));
    let mut added = Vec::new();
    let mut was = was.into_iter().peekable();
    for (key, weight, at) in is {
        while was.next_if(|&(k, w, _)| (k, w) < (key, weight)).is_some() {}
        match was.next_if(|&(k, w, _)| (k, w) == (key, weight)) {
            Some((_, _, before)) => kept[before as usize] = at,
            None => added.push(at),
        }
    }
    kept.iter().filter(|&&at| at != GONE).is_sorted().then_some(Moves { kept, added })
}

/// Both lists of points sorted into one, without those that are gone.
fn merged(old: &[u64], kept: &[u32], fresh: &[u64]) -> Box<[u64]> {
    let mut nodes = Vec::with_capacity(old.len() + fresh.len());
    let mut fresh = fresh.iter().copied().peekable();
    for &node in old {
        let at = kept[slot(node) as usize];
        if at != GONE {
            let node = node & !u64::from(u32::MAX) | u64::from(at);
            nodes.extend(std::iter::from_fn(|| fresh.next_if(|&new| new < node)));
            nodes.push(node);
        }
    }
    nodes.extend(fresh);
    nodes.into()
}

/// The points without some and with others, all sorted: what lies between them is copied, shifted. Of two points in one spot
/// the shift may make one; which of them goes makes no difference then.
fn spliced(old: &[u64], shift: Shift, gone: &[u64], fresh: &[u64]) -> Box<[u64]> {
    let mut nodes = Vec::with_capacity(old.len() + fresh.len());
    let mut left = old;
    let mut copy_below = |nodes: &mut Vec<u64>, node: u64, skip: bool| {
        let (below, rest) = left.split_at(left.partition_point(|&it| shift.of(it) < node));
        nodes.extend(below.iter().map(|&node| shift.of(node)));
        left = rest.get(usize::from(skip)..).unwrap_or_default();
    };
    let mut gone = gone.iter().map(|&node| shift.of(node)).peekable();
    for &node in fresh {
        while let Some(gone) = gone.next_if(|&gone| gone <= node) {
            copy_below(&mut nodes, gone, true);
        }
        copy_below(&mut nodes, node, false);
        nodes.push(node);
    }
    gone.for_each(|gone| copy_below(&mut nodes, gone, true));
    nodes.extend(left.iter().map(|&node| shift.of(node)));
    nodes.into()
}

#[cfg(test)]
mod tests;
