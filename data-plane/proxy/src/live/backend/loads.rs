//! What its endpoints have to do, and how quickly they did it.

use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_balance::{Occupancy, PeakEwma};
use sluicegate_model::backend::{Affinity, Balance};

use super::LiveBackend;
use crate::live::endpoint::EndpointState;
use crate::live::table::Loads;

impl LiveBackend {
    /// An endpoint could not be reached: it is taken to be slow for a while, where speed counts.
    pub(crate) fn unreached(&self, endpoint: &EndpointState) {
        self.observe(endpoint, |rule| rule.penalty);
    }

    /// An answer came after so long.
    pub(crate) fn answered(&self, endpoint: &EndpointState, took: Duration) {
        self.observe(endpoint, |_| took);
    }

    fn observe(&self, endpoint: &EndpointState, took: impl Fn(&PeakEwma) -> Duration) {
        if let Some(rule) = self.table.load().latency() {
            endpoint.latencies.observe(rule, took(rule));
        }
    }
}

impl Loads for LiveBackend {
    fn all(&self) -> u32 {
        self.state.exchanging()
    }

    fn load(&self, place: u32) -> u32 {
        self.at(place).state.load()
    }

    fn cost(&self, rule: &PeakEwma, place: u32) -> f64 {
        let state = &self.at(place).state;
        state.latencies.cost(rule, state.load())
    }

    fn keeps(&self, place: u32) -> bool {
        let Balance::Hash(hash) = &self.settings().balance else { return true };
        let affinity = match hash.affinity {
            Affinity::Always => return true,
            Affinity::MaxConnections => sluicegate_balance::Affinity::MaxConn,
            Affinity::MaxQueue => sluicegate_balance::Affinity::MaxQueue,
        };
        let endpoint = self.at(place);
        let number = |limit: Option<NonZeroU32>| limit.map_or(0, NonZeroU32::get);
        affinity.keeps(Occupancy {
            served: endpoint.state.served(),
            max_conn: endpoint.state.limit(),
            queued: endpoint.state.queued(),
            max_queue: number(endpoint.config.max_queue),
        })
    }
}
