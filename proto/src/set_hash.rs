//! A hash of a whole snapshot that follows a change without looking at what did not change.

use std::fmt;

use crate::hash::ContentHash;
use crate::id::ObjectKey;

/// Lanes of LtHash16, the parameter set with 200 bits of security against collisions.
const LANES: usize = 1024;

/// A set of (object, content) pairs, as LtHash16: each pair is hashed to 1024 lanes of 16 bits, the set is their sum.
///
/// Adding and removing are each other's opposites and their order does not matter, so that the hash of a snapshot of
/// any size follows a change of one resource in the time that one resource takes (microseconds). Source: Bellare and
/// Micciancio, "A New Paradigm for Collision-Free Hashing" (1997); Lewi et al., "Securing Update Propagation with
/// Homomorphic Hashing" (2019), here over BLAKE3's extendable output.
#[derive(Clone, PartialEq, Eq)]
pub struct SetHash(Box<[u16; LANES]>);

impl SetHash {
    /// The empty set.
    pub fn new() -> Self {
        Self(Box::new([0; LANES]))
    }

    /// Adds a pair that is not in the set.
    pub fn add(&mut self, key: &ObjectKey, content: ContentHash) {
        self.each(key, content, u16::wrapping_add);
    }

    /// Takes out a pair that is in the set.
    pub fn remove(&mut self, key: &ObjectKey, content: ContentHash) {
        self.each(key, content, u16::wrapping_sub);
    }

    /// The hash of the set as it is now.
    pub fn finish(&self) -> ContentHash {
        let mut hasher = blake3::Hasher::new();
        let mut bytes = [0; 2 * LANES];
        for (pair, lane) in bytes.chunks_exact_mut(2).zip(self.0.iter()) {
            pair.copy_from_slice(&lane.to_le_bytes());
        }
        hasher.update(&bytes);
        ContentHash(*hasher.finalize().as_bytes())
    }

    fn each(&mut self, key: &ObjectKey, content: ContentHash, change: fn(u16, u16) -> u16) {
        let mut hasher = blake3::Hasher::new();
        for part in [key.provider(), key.namespace(), key.name()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&(key.kind() as i32).to_le_bytes());
        hasher.update(&content.0);
        let mut bytes = [0; 2 * LANES];
        hasher.finalize_xof().fill(&mut bytes);
        for (lane, pair) in self.0.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = change(*lane, u16::from_le_bytes([pair[0], pair[1]]));
        }
    }
}

impl Default for SetHash {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SetHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetHash({})", self.finish())
    }
}

impl<'a> FromIterator<(&'a ObjectKey, ContentHash)> for SetHash {
    fn from_iter<I: IntoIterator<Item = (&'a ObjectKey, ContentHash)>>(pairs: I) -> Self {
        let mut set = Self::new();
        pairs.into_iter().for_each(|(key, content)| set.add(key, content));
        set
    }
}

#[cfg(test)]
mod tests;
