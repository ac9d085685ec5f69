//! What expressions ask of what goes on now.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_model::expr::{Counted, Figure};

use super::active::Active;
use super::backend::LiveBackend;
use super::endpoint::LiveEndpoint;
use super::health::Health;

impl Active {
    /// A figure of a proxy or an endpoint of this generation; `None` where it has no such.
    pub fn figure(&self, figure: &Figure) -> Option<i64> {
        if figure.what == Counted::FrontendConnections {
            return Some(self.frontends.get(&figure.of)?.state.gate.open().into());
        }
        let backend = self.backends.get(&figure.of)?;
        Some(match &figure.what {
            Counted::Usable => usable(backend),
            Counted::IsUp(name) => is_up(endpoint(backend, name)?).into(),
            Counted::EndpointConnections(name) => endpoint(backend, name)?.state.served().into(),
            Counted::BackendConnections => {
                i64::from(backend.state.exchanging()) + i64::from(backend.state.queued())
            }
            Counted::FrontendConnections => return None,
            Counted::Queue => backend.state.queued().into(),
            Counted::AverageQueue => average_queue(backend.state.queued().into(), usable(backend)),
            Counted::Slots => slots(backend),
        })
    }
}

fn usable(backend: &LiveBackend) -> i64 {
    i64::try_from(backend.usable()).unwrap_or(i64::MAX)
}

fn endpoint<'a>(backend: &'a LiveBackend, name: &str) -> Option<&'a Arc<LiveEndpoint>> {
    backend.endpoints.iter().find(|endpoint| endpoint.name() == name)
}

/// HAProxy: neither in maintenance nor down; weight and draining aside.
fn is_up(endpoint: &LiveEndpoint) -> bool {
    let health = endpoint.state.health();
    !endpoint.is_disabled() && (health.is_usable() || health == Health::Stopping)
}

/// Rounded up; twice the queue where there is nobody to take it (HAProxy).
fn average_queue(waiting: i64, usable: i64) -> i64 {
    if usable > 0 { waiting.saturating_add(usable - 1) / usable } else { waiting.saturating_mul(2) }
}

fn slots(backend: &LiveBackend) -> i64 {
    let left = |limit: Option<NonZeroU32>, used: u32| Some(i64::from(limit?.get()) - i64::from(used));
    let up = backend.endpoints.iter().filter(|endpoint| is_up(endpoint));
    let slots = up.map(|endpoint| {
        let (config, state) = (&endpoint.config, &endpoint.state);
        Some(left(config.max_connections, state.served())? + left(config.max_queue, state.queued())?)
    });
    slots.sum::<Option<i64>>().unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_rounded_up() {
        assert_eq!(
            [(0, 2), (1, 2), (4, 2), (5, 2), (3, 0)].map(|(w, u)| average_queue(w, u)),
            [0, 1, 2, 3, 6]
        );
    }
}
