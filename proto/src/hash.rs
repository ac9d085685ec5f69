//! Content hashes: equal hash, equal resource; equal snapshot hash, equal snapshot.

use std::fmt;

use prost::{Message, encoding};

use crate::id::ObjectKey;
pub use crate::set_hash::SetHash;
use crate::v1::Resource;

/// A BLAKE3 hash. Displays as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ContentHash(pub [u8; 32]);

/// Bytes or text that are no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a content hash: 32 bytes, or 64 lower-case hexadecimal digits")]
pub struct InvalidHash;

impl ContentHash {
    /// The hash of `data`.
    pub fn of(data: &[u8]) -> Self {
        Self(*blake3::hash(data).as_bytes())
    }

    /// The first eight digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }

    /// Reads the 64 lower-case digits of the Display form.
    ///
    /// # Errors
    /// Where `text` is anything else.
    pub fn from_hex(text: &str) -> Result<Self, InvalidHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(hash))
    }
}

fn nibble(digit: u8) -> Result<u8, InvalidHash> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(InvalidHash),
    }
}

impl TryFrom<&[u8]> for ContentHash {
    type Error = InvalidHash;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidHash> {
        bytes.try_into().map(Self).map_err(|_| InvalidHash)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Field number of `Resource.provenance`.
const PROVENANCE: u32 = 100;

/// Hash of all that a resource says, its id included; where it was written is no part of that.
pub fn resource_hash(resource: &Resource) -> ContentHash {
    encode_and_hash(resource).1
}

/// A resource as it travels, and its [`resource_hash`], from one encoding.
pub fn encode_and_hash(resource: &Resource) -> (Vec<u8>, ContentHash) {
    let encoded = resource.encode_to_vec();
    // Fields are encoded in the order of their numbers, and this one has the highest.
    let told = resource
        .provenance
        .as_ref()
        .map_or(0, |provenance| encoding::message::encoded_len(PROVENANCE, provenance));
    let hash = ContentHash::of(&encoded[..encoded.len() - told]);
    (encoded, hash)
}

/// Hash of a whole snapshot, each key once; the order does not matter.
///
/// Where a snapshot follows another, keep the [`SetHash`] and change it.
pub fn snapshot_hash<'a>(resources: impl IntoIterator<Item = (&'a ObjectKey, ContentHash)>) -> ContentHash {
    resources.into_iter().collect::<SetHash>().finish()
}

#[cfg(test)]
mod tests;
