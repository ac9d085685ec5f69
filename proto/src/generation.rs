//! Which snapshot: the number that people see and the hash that tells the truth.

use std::fmt;

use crate::hash::{ContentHash, InvalidHash};
use crate::v1;

/// Names one published snapshot. Two generations with one hash have one content, whatever their numbers.
///
/// Displays as `NUMBER (first eight digits of the hash)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Generation {
    /// Start of the control plane that numbered it, in microseconds since 1970.
    pub epoch: u64,
    /// From 1 in each epoch.
    pub number: u64,
    /// Of the content.
    pub hash: ContentHash,
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.hash.short())
    }
}

impl From<Generation> for v1::Generation {
    fn from(generation: Generation) -> Self {
        let Generation { epoch, number, hash } = generation;
        Self { epoch, number, hash: hash.0.to_vec().into() }
    }
}

impl TryFrom<&v1::Generation> for Generation {
    type Error = InvalidHash;

    fn try_from(generation: &v1::Generation) -> Result<Self, InvalidHash> {
        let hash = ContentHash::try_from(&generation.hash[..])?;
        Ok(Self { epoch: generation.epoch, number: generation.number, hash })
    }
}
