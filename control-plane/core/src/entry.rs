//! A resource with its hash and its bytes, shared by all that hold it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use sluicegate_proto::hash::{ContentHash, encode_and_hash};
use sluicegate_proto::v1::{Origin, Resource};

/// A resource, hashed and encoded once. A clone is two reference counts.
#[derive(Clone)]
pub struct Entry {
    hash: ContentHash,
    encoded: Bytes,
    resource: Arc<Resource>,
}

impl Entry {
    /// Hashes and encodes a resource.
    pub fn new(resource: impl Into<Arc<Resource>>) -> Self {
        let resource = resource.into();
        let (encoded, hash) = encode_and_hash(&resource);
        Self { hash, encoded: encoded.into(), resource }
    }

    /// Equal to `sluicegate_proto::hash::resource_hash`.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// As it travels.
    pub fn encoded(&self) -> &Bytes {
        &self.encoded
    }

    /// As it was made.
    pub fn resource(&self) -> &Arc<Resource> {
        &self.resource
    }

    /// Where a person wrote it.
    pub fn origin(&self) -> Origin {
        self.resource.origin().cloned().unwrap_or_default()
    }
}

/// Equal hash, equal content; where it was written may differ.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.resource, &other.resource) || self.hash == other.hash
    }
}

impl Eq for Entry {}

/// Its hash alone: contents may be long.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({})", self.hash.short())
    }
}
