//! Whom an exchange has tried in vain.

use std::sync::Arc;

use super::endpoint::EndpointState;

/// Endpoints that failed an exchange, each once, who did so longest ago first.
#[derive(Debug, Clone, Default)]
pub struct Tried(Vec<Arc<EndpointState>>);

impl Tried {
    /// One has failed just now.
    pub fn add(&mut self, endpoint: &Arc<EndpointState>) {
        self.0.retain(|known| !Arc::ptr_eq(known, endpoint));
        self.0.push(Arc::clone(endpoint));
    }

    /// Whether nobody has failed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one has failed.
    pub(super) fn has(&self, endpoint: &Arc<EndpointState>) -> bool {
        self.rank(endpoint) > 0
    }

    /// 0: it has not failed; else the higher the later it did.
    pub(super) fn rank(&self, endpoint: &Arc<EndpointState>) -> usize {
        self.0.iter().position(|known| Arc::ptr_eq(known, endpoint)).map_or(0, |at| at + 1)
    }

    /// Who failed longest ago, and so on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<EndpointState>> {
        self.0.iter()
    }
}
