//! Who costs least, known to all threads without a lock.

use std::array::from_fn;
use std::cmp::Reverse;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Relaxed, SeqCst},
};

/// The cost of an endpoint that nobody may choose.
pub const NEVER: u32 = u32::MAX;

/// Children of a node: a cache line of words.
const ARITY: usize = 8;

/// An index over endpoints whose costs change all the time: the least is read on the way down from the root, a change
/// costs a line of words for each level, of which there are log₈ of the endpoints.
///
/// The costs themselves are the owner's: it changes what they come from (connections, health, weight), then says so with
/// [`update`](Self::update). What they come from must be changed and read with `SeqCst`.
///
/// # No update is lost
///
/// This is the f-array of P. Jayanti (PODC 2002). A node is refreshed by reading it, reading its children, and replacing
/// it if nobody has meanwhile; who changes an endpoint refreshes each node above it up to twice. If both attempts fail,
/// two others replaced the node in that time, and the second of them read it after the first replaced it, so it read the
/// children after this change was in them: it did the work. Each replacement has a new version, so that a node that
/// looks untouched is; 2^29 replacements during one attempt would make it lie. All accesses are `SeqCst`: "after" means
/// one order of all accesses that all threads agree on, which the argument needs between a write to one word and a read
/// of another.
///
/// So once an update is over, the root knows it, and once all are, the root is exact.
///
/// # Ties
///
/// Among equals the one whose last update is longest ago comes first, as in HAProxy. Where updates of several threads
/// meet, it may be another of the equals.
pub struct Tournament {
    /// Endpoints first, the root last.
    levels: Box<[Level]>,
    places: usize,
}

type Level = Box<[Line]>;

/// Siblings; what has no endpoint costs [`NEVER`]. With the stamps it fills two cache lines, which come together.
#[repr(align(128))]
struct Line {
    words: [AtomicU64; ARITY],
    /// When the endpoint that has the cost was updated. Not replaced in one with the word, since it decides ties only.
    stamps: [AtomicU32; ARITY],
}

impl Tournament {
    /// An index over places with these costs, as if they had been updated in order.
    pub fn new(costs: impl IntoIterator<Item = u32>) -> Self {
        let endpoint = |(stamp, cost)| Child { cost, stamp, number: 0 };
        let mut children: Vec<Child> = (0..).zip(costs).map(endpoint).collect();
        let now = children.len() as u32;
        let mut levels: Vec<Level> = Vec::new();
        let places = children.len();
        let mut left = places;
        while left > 0 {
            let level: Level = children.chunks(ARITY).map(|children| Line::new(children, now)).collect();
            left = if children.len() > 1 { level.len() } else { 0 };
            children = level.iter().map(|line| line.least(now)).collect();
            levels.push(level);
        }
        Self { levels: levels.into(), places }
    }

    /// The place that costs least, and the least cost. `None`: nobody may be chosen.
    ///
    /// While updates are under way that place may cost something else by now.
    pub fn least(&self) -> Option<(u32, u32)> {
        let (root, below) = self.levels.split_last()?;
        let root = root[0].word(0);
        let down = |(at, word): (usize, Word), level: &Level| {
            let at = at * ARITY + word.winner();
            (at, level[at / ARITY].word(at % ARITY))
        };
        let (place, _) = below.iter().rev().fold((0, root), down);
        (root.cost() != NEVER).then_some((u32::try_from(place).ok()?, root.cost()))
    }

    /// Takes what costs least. `take` is told the place and the least cost; it must take the place only if it costs that
    /// now, in one step (a compare-and-exchange of its connections), and say whether it did. `None`: nobody may be chosen.
    /// What it would refuse for another reason has to cost [`NEVER`], or the search goes on.
    ///
    /// What was taken cost no more than anybody whose last update was over when the search began. Where another was
    /// quicker, or has not told its change yet, this thread tells it and looks again.
    pub fn take(&self, cost: impl Fn(u32) -> u32, mut take: impl FnMut(u32, u32) -> bool) -> Option<u32> {
        loop {
            let (place, least) = self.least()?;
            let taken = take(place, least);
            self.update(place, || cost(place));
            if taken {
                return Some(place);
            }
        }
    }

    /// Whether the last update of `place` found this cost.
    pub fn knows(&self, place: u32, cost: u32) -> bool {
        let line = self.levels.first().and_then(|level| level.get(place as usize / ARITY));
        line.is_some_and(|line| line.word(place as usize % ARITY).cost() == cost)
    }

    /// To be called after what the cost of `place` comes from has changed; `cost` reads it. A place beyond the last is
    /// ignored.
    pub fn update(&self, place: u32, cost: impl Fn() -> u32) {
        let Some(root) = self.levels.last().filter(|_| (place as usize) < self.places) else { return };
        // Each update changes the root, so its version tells the time.
        let now = root[0].word(0).version();
        let mut at = place as usize;
        self.levels[0][at / ARITY].refresh(at % ARITY, || Child { cost: cost(), stamp: now, number: 0 });
        for pair in self.levels.windows(2) {
            let children = &pair[0][at / ARITY];
            at /= ARITY;
            pair[1][at / ARITY].refresh(at % ARITY, || children.least(now));
        }
    }
}

/// What a node takes over.
struct Child {
    cost: u32,
    stamp: u32,
    number: usize,
}

impl Line {
    fn new(children: &[Child], now: u32) -> Self {
        let word = |at: usize| children.get(at).map_or(Word::NOBODY, |child| Word::new(child, now));
        let stamp = |at: usize| children.get(at).map_or(0, |child| child.stamp);
        Self {
            words: from_fn(|at| AtomicU64::new(word(at).0)),
            stamps: from_fn(|at| AtomicU32::new(stamp(at))),
        }
    }

    fn word(&self, at: usize) -> Word {
        step();
        Word(self.words[at].load(SeqCst))
    }

    /// A second attempt only where another replaced the word during the first.
    fn refresh(&self, at: usize, read: impl Fn() -> Child) {
        let attempt = || {
            let old = self.word(at);
            let child = read();
            step();
            let replaced = self.words[at].compare_exchange(old.0, old.next(&child).0, SeqCst, SeqCst);
            replaced.map(|_| self.stamps[at].store(child.stamp, Relaxed)).is_ok()
        };
        if !attempt() {
            attempt();
        }
    }

    /// The child that costs least, of several the one with the oldest stamp.
    fn least(&self, now: u32) -> Child {
        let child = |number: usize| {
            let stamp = self.stamps[number].load(Relaxed);
            Child { cost: self.word(number).cost(), stamp, number }
        };
        // To a thread that is behind a stamp is in the future: the youngest.
        let age = |stamp: u32| (now.wrapping_sub(stamp) << (u32::BITS - Word::VERSION_BITS)).cast_signed();
        let rest = (1..ARITY).map(child);
        rest.fold(child(0), |least, other| {
            // Of those that nobody may choose it is the first, which is sure to be an endpoint.
            let age = |child: &Child| if child.cost == NEVER { 0 } else { age(child.stamp) };
            let order = |child: &Child| (child.cost, Reverse(age(child)));
            if order(&other) < order(&least) { other } else { least }
        })
    }
}

/// The least cost below in the upper half; in the lower one 3 bits for the child that has it, 29 for the version.
#[derive(Clone, Copy)]
struct Word(u64);

impl Word {
    const NOBODY: Self = Self((NEVER as u64) << 32);
    const VERSION_BITS: u32 = 29;
    const VERSIONS: u32 = (1 << Self::VERSION_BITS) - 1;

    fn cost(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn winner(self) -> usize {
        (self.0 >> Self::VERSION_BITS) as usize % ARITY
    }

    fn version(self) -> u32 {
        self.0 as u32 & Self::VERSIONS
    }

    fn next(self, child: &Child) -> Self {
        Self::new(child, self.version().wrapping_add(1))
    }

    fn new(child: &Child, version: u32) -> Self {
        let version = version & Self::VERSIONS;
        let below = (child.number as u64) << Self::VERSION_BITS | u64::from(version);
        Self(u64::from(child.cost) << 32 | below)
    }
}

/// Where a test lets another thread go first.
fn step() {
    #[cfg(test)]
    schedule::step();
}

#[cfg(test)]
mod schedule;
#[cfg(test)]
mod tests;
