//! How much an endpoint is given: its weight, and its places.

use std::num::NonZeroU8;
use std::sync::atomic::Ordering::SeqCst;

use sluicegate_balance::SIXTEENTHS;

use super::EndpointState;
use crate::live::uptime;

impl EndpointState {
    /// Its weight, 0 to 256: what [`EndpointState::set_weight`] said last, else what the configuration says.
    pub fn weight(&self) -> u16 {
        self.share.weight()
    }

    /// What counts of its weight now, in sixteenths of a unit.
    pub fn weight_in_sixteenths(&self) -> u16 {
        self.share.sixteenths()
    }

    /// Gives it another weight than the configuration does, 0 to 256; `None`: that of the configuration. In force for the
    /// next exchange on every worker.
    pub fn set_weight(&self, weight: Option<u16>) {
        if self.share.own(weight) {
            self.share_changed();
        }
    }

    /// Has more of its weight count where it came back and time has gone by since (HAProxy: slowstart). To be called now and
    /// then.
    pub fn warm_up(&self) {
        if self.share.warm(uptime::now_ms()) {
            self.share_changed();
        }
    }

    /// How many sixteenths of its weight count; `None`: all.
    pub fn warmth(&self) -> Option<NonZeroU8> {
        self.share.warmth()
    }

    fn share_changed(&self) {
        self.mark.touch();
        if let Some(backend) = self.backend.upgrade() {
            backend.endpoint_changed(self);
        }
    }

    pub(in crate::live) fn number(&self) -> u32 {
        self.number.load(SeqCst)
    }

    /// Exchanges at one time, as things are; 0: no limit.
    pub(in crate::live) fn limit(&self) -> u32 {
        let backend = || self.backend.upgrade().map_or((0, 0), |backend| backend.fullness());
        let warmth = || Some((self.warmth()?.get().into(), SIXTEENTHS.into()));
        self.places.limit(backend, warmth())
    }

    /// Whether its limit hangs on what its backend has to do.
    pub(in crate::live) fn is_elastic(&self) -> bool {
        self.places.is_elastic()
    }

    /// Whether there is a place beside so many exchanges.
    pub(in crate::live) fn has_place(&self, served: u32) -> bool {
        let limit = self.limit();
        limit == 0 || served < limit
    }

    /// Takes a place if there are as many exchanges as that.
    pub(in crate::live) fn serve_one_more(&self, served: u32) -> bool {
        let taken = self.served.compare_exchange(served, served + 1, SeqCst, SeqCst).is_ok();
        if taken {
            self.most_served.raise(served + 1);
            self.mark.touch();
        }
        taken
    }

    pub(in crate::live) fn try_serve(&self) -> bool {
        self.mark.touch();
        let limit = self.limit();
        let before = if limit == 0 {
            Ok(self.served.fetch_add(1, SeqCst))
        } else {
            self.served.fetch_update(SeqCst, SeqCst, |served| (served < limit).then_some(served + 1))
        };
        if let Ok(before) = before {
            self.most_served.raise(before + 1);
        }
        before.is_ok()
    }

    pub(in crate::live) fn release(&self) {
        self.served.fetch_sub(1, SeqCst);
        self.mark.touch();
    }
}
