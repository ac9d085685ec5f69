//! Responses that are kept in memory.

use std::time::Duration;

pub use sluicegate_proto::id::ObjectKey;

/// HAProxy: cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Its identity.
    pub key: ObjectKey,
    /// All responses together, with what it takes to keep them (HAProxy: total-max-size).
    pub total_bytes: usize,
    /// One response with its head, at most half of all (HAProxy: max-object-size).
    pub object_bytes: usize,
    /// None is taken for fresh longer (HAProxy: max-age).
    pub max_age: Duration,
    /// Responses with Vary are kept too, where what they vary by is known (HAProxy: process-vary).
    pub vary: bool,
    /// Responses that are kept for one URL, where they vary (HAProxy: max-secondary-entries).
    pub max_variants: usize,
}
