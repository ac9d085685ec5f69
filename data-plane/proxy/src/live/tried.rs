//! Whom an exchange has tried in vain.

use std::sync::Arc;

use super::endpoint::EndpointState;

/// Endpoints that failed an exchange, each once, who did so longest ago first.
///
/// A pointer, which is moved with each exchange that nobody fails.
#[derive(Debug, Clone, Default)]
pub struct Tried(#[allow(clippy::box_collection)] Option<Box<Vec<Arc<EndpointState>>>>);

impl Tried {
    /// One has failed just now.
    pub fn add(&mut self, endpoint: &Arc<EndpointState>) {
        let all = self.0.get_or_insert_default();
        all.retain(|known| !Arc::ptr_eq(known, endpoint));
        all.push(Arc::clone(endpoint));
    }

    /// Whether nobody has failed.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Whether one has failed.
    pub(super) fn has(&self, endpoint: &Arc<EndpointState>) -> bool {
        self.rank(endpoint) > 0
    }

    /// 0: it has not failed; else the higher the later it did.
    pub(super) fn rank(&self, endpoint: &Arc<EndpointState>) -> usize {
        self.iter().position(|known| Arc::ptr_eq(known, endpoint)).map_or(0, |at| at + 1)
    }

    /// Who failed longest ago, and so on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<EndpointState>> {
        self.0.iter().flat_map(|all| all.iter())
    }
}
