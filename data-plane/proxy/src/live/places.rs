//! How many exchanges an endpoint may have at one time.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use sluicegate_model::Endpoint;

/// The limit of one endpoint, which may follow the load of its backend.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// 0: no limit.
    most: AtomicU32,
    /// 0: it is always `most`.
    least: AtomicU32,
}

impl Places {
    /// What the configuration says. Fewer places at least than at most make a limit that moves.
    pub(super) fn write(&self, config: &Endpoint) {
        let (most, least) = (number(config.max_connections), number(config.min_connections));
        self.most.store(most, SeqCst);
        self.least.store(if least < most { least } else { 0 }, SeqCst);
    }

    /// The limit where nothing makes it less; 0: none.
    pub(super) fn most(&self) -> u32 {
        self.most.load(SeqCst)
    }

    /// Whether the limit hangs on what its backend has to do.
    pub(super) fn is_elastic(&self) -> bool {
        self.least.load(SeqCst) != 0
    }

    /// The limit now; 0: none. `backend`: exchanges of the backend, those that wait included, and from how many on every
    /// endpoint has all its places. (HAProxy: minconn, fullconn, slowstart)
    pub(super) fn limit(&self, backend: impl FnOnce() -> (u32, u32), warmth: Option<(u32, u32)>) -> u32 {
        let most = self.most();
        let least = self.least.load(SeqCst);
        let limit = if most == 0 || least == 0 {
            most
        } else {
            let (exchanges, full) = backend();
            let share = u64::from(exchanges.min(full)) * u64::from(most) / u64::from(full.max(1));
            if exchanges >= full { most } else { least.max(u32::try_from(share).unwrap_or(most)) }
        };
        match warmth {
            Some((warm, whole)) if limit > 0 => {
                let warm = u64::from(limit) * u64::from(warm) / u64::from(whole.max(1));
                u32::try_from(warm).unwrap_or(limit).max(1)
            }
            _ => limit,
        }
    }
}

fn number(limit: Option<NonZeroU32>) -> u32 {
    limit.map_or(0, NonZeroU32::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(most: u32, least: u32) -> Places {
        Places { most: most.into(), least: least.into() }
    }

    #[test]
    fn a_limit_grows_with_the_load_between_its_bounds() {
        let places = places(100, 10);
        let limit = |exchanges| places.limit(|| (exchanges, 200), None);
        assert_eq!([0, 20, 100, 199, 200, 900].map(limit), [10, 10, 50, 99, 100, 100]);
    }

    #[test]
    fn a_limit_that_does_not_move_asks_nothing() {
        let asks = || unreachable!("it does not hang on that");
        assert_eq!(places(7, 0).limit(asks, None), 7);
        assert_eq!(places(0, 0).limit(asks, None), 0);
        assert_eq!(places(0, 0).limit(asks, Some((1, 16))), 0);
    }

    #[test]
    fn who_warms_up_has_a_share_of_its_places_and_one_at_least() {
        let asks = || (0, 0);
        assert_eq!(places(160, 0).limit(asks, Some((4, 16))), 40);
        assert_eq!(places(3, 0).limit(asks, Some((1, 16))), 1);
    }
}
