//! Who is next where that hangs on what the endpoints have: the least loaded, or the first that has a place.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::{fmt, ptr};

use sluicegate_balance::{NEVER, Tournament, connections};

use super::endpoint::EndpointState;
use super::tried::Tried;

/// Over the endpoints of one backend, by their place. Shared by all workers, without a lock.
pub(super) struct Index {
    tournament: Tournament,
    members: Box<[Arc<EndpointState>]>,
    by: By,
    /// The limit of one hangs on what all have to do.
    elastic: bool,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("by", &self.by).field("members", &self.members.len()).finish()
    }
}

/// What is least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Exchanges for the weight (HAProxy: leastconn).
    Load,
    /// The number (HAProxy: first).
    Number,
}

impl Index {
    /// Of endpoints as they are now; see [`Index::settle`].
    pub(super) fn new(by: By, members: impl Iterator<Item = Arc<EndpointState>>) -> Self {
        let mut elastic = false;
        // All that is asked of an endpoint at once: it lies in memory that nothing else has been in.
        let (members, costs): (Vec<_>, Vec<_>) = members
            .map(|endpoint| {
                elastic |= endpoint.is_elastic();
                let cost = by.cost(&endpoint, endpoint.served());
                (endpoint, cost)
            })
            .unzip();
        let (tournament, members) = (Tournament::new(costs), members.into());
        Self { tournament, members, by, elastic }
    }

    /// Whether it serves for that order. `elastic`: some limit hangs on what all have to do.
    pub(super) fn goes_by(&self, by: By, elastic: bool) -> bool {
        self.by == by && (self.elastic || !elastic)
    }

    /// To be called after what an endpoint has, or whether it takes traffic, has changed. One that is no member, or has
    /// another place since, is left alone: its own index is told by whoever puts that into force.
    pub(super) fn update(&self, endpoint: &EndpointState) {
        let place = endpoint.index.load(SeqCst);
        let member = self.members.get(place as usize).is_some_and(|it| ptr::eq(&**it, endpoint));
        if member {
            self.tournament.update(place, || self.by.cost(endpoint, endpoint.served()));
        }
    }

    /// Takes up what changed while it was made. To be called when it is in force: what changes from then on is told to it.
    pub(super) fn settle(&self) {
        for place in (0..).take(self.members.len()) {
            if !self.tournament.knows(place, self.cost(place)) {
                self.tournament.update(place, || self.cost(place));
            }
        }
    }

    /// Takes a place at the endpoint that is next; at one that was `tried` only where nobody else has one. `None`: nobody
    /// has.
    pub(super) fn take(&self, tried: &Tried) -> Option<u32> {
        if !tried.is_empty() {
            return self.look_at_all(tried);
        }
        self.tournament
            .take(|place| self.cost(place), |place, least| self.serve(place, least))
            .or_else(|| self.elastic.then(|| self.look_at_all(tried))?)
    }

    /// Looks at everybody: somebody has failed, which is no time to save a look, or limits have moved unseen.
    #[cold]
    fn look_at_all(&self, tried: &Tried) -> Option<u32> {
        let mut places: Vec<(usize, u32, u32)> = (0..)
            .zip(&self.members)
            .map(|(place, member)| (tried.rank(member), self.cost(place), place))
            .filter(|(_, cost, _)| *cost != NEVER)
            .collect();
        places.sort_unstable();
        let taken = places.into_iter().find(|(_, cost, place)| self.serve(*place, *cost));
        let (_, _, place) = taken?;
        self.update(self.members.get(place as usize)?);
        Some(place)
    }

    /// As it is now.
    fn cost(&self, place: u32) -> u32 {
        let member = self.members.get(place as usize);
        member.map_or(NEVER, |endpoint| self.by.cost(endpoint, endpoint.served()))
    }

    /// Takes a place at an endpoint if it costs that.
    fn serve(&self, place: u32, cost: u32) -> bool {
        self.members.get(place as usize).is_some_and(|endpoint| {
            let served = endpoint.served();
            self.by.cost(endpoint, served) == cost && endpoint.serve_one_more(served)
        })
    }
}

impl By {
    /// Of an endpoint with so many exchanges.
    fn cost(self, endpoint: &EndpointState, served: u32) -> u32 {
        if !endpoint.is_eligible() || !endpoint.has_place(served) {
            return NEVER;
        }
        match self {
            Self::Load => {
                connections(served.saturating_add(endpoint.queued()), endpoint.weight_in_sixteenths())
            }
            Self::Number => endpoint.number().min(NEVER - 1),
        }
    }
}
