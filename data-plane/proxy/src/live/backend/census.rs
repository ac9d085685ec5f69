//! How many endpoints have what has to be seen to.

use std::sync::Arc;

use crate::live::alignment::Alignment;
use crate::live::endpoint::LiveEndpoint;

/// Of one backend.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Census {
    /// Connections to them are opened ahead.
    pub(super) warm: usize,
    /// Their limit may hang on what the backend has to do.
    pub(super) elastic: usize,
}

impl Census {
    pub(super) fn of(endpoints: &[Arc<LiveEndpoint>]) -> Self {
        let mut census = Self::default();
        endpoints.iter().for_each(|endpoint| census.add(endpoint));
        census
    }

    /// That of endpoints that follow from its own in this way.
    pub(super) fn followed(
        mut self,
        (before, after): (&[Arc<LiveEndpoint>], &[Arc<LiveEndpoint>]),
        alignment: &Alignment,
    ) -> Self {
        alignment.gone().iter().for_each(|&place| self.take(&before[place as usize]));
        alignment.came().iter().for_each(|&place| self.add(&after[place as usize]));
        self
    }

    fn add(&mut self, endpoint: &LiveEndpoint) {
        let (warm, elastic) = facts(endpoint);
        self.warm += usize::from(warm);
        self.elastic += usize::from(elastic);
    }

    fn take(&mut self, endpoint: &LiveEndpoint) {
        let (warm, elastic) = facts(endpoint);
        self.warm -= usize::from(warm);
        self.elastic -= usize::from(elastic);
    }
}

fn facts(endpoint: &LiveEndpoint) -> (bool, bool) {
    (endpoint.config.pool.warm > 0, endpoint.config.min_connections.is_some())
}
