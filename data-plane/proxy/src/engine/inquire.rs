//! What operators ask of the workers, put together.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::Engine;
use crate::cache::Shown;
use crate::errors::Malformed;
use crate::sessions::{Sessions, Which, Wish};
use crate::worker::inquiries::Inquiry;

/// Time for a worker to answer. One that takes longer hangs, and a watchdog tells of it.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// How many sessions were told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// They end before anything else happens to them.
    pub sessions: u64,
    /// Workers that did not answer in time: theirs stay.
    pub silent_workers: u32,
}

impl Engine {
    /// The client connections that there are.
    pub async fn sessions(&self, wish: Wish) -> Sessions {
        let (listings, silent) = self.inquire(|reply| Inquiry::Sessions(wish, reply)).await;
        Sessions::of(listings, wish.most, silent)
    }

    /// Closes client connections ([`CloseCause::Operator`](crate::counters::CloseCause::Operator)).
    pub async fn end_sessions(&self, which: &Which) -> Ended {
        let (ended, silent_workers) = self.inquire(|reply| Inquiry::End(which.clone(), reply)).await;
        Ended { sessions: ended.into_iter().sum(), silent_workers }
    }

    /// The last messages that could not be read, of what is served, and how many there have been.
    pub fn malformed(&self) -> (u64, Vec<Malformed>) {
        let (events, mut kept) = self.shared.captures.read();
        let active = self.shared.live.active();
        kept.retain(|malformed| match &malformed.backend {
            Some(backend) if malformed.response => active.backends.contains_key(backend.config.key()),
            _ => active.frontends.contains_key(malformed.frontend.config.key()),
        });
        (events, kept)
    }

    /// What the caches of the generation in force have, so many responses at most, and how many were left out.
    pub fn caches(&self, most: usize) -> (Vec<Shown>, usize) {
        let (now, mut left, mut omitted) = (Instant::now(), most, 0);
        let active = self.shared.live.active();
        let shown = active.caches.values().map(|store| {
            let (shown, more) = store.shown(left, now);
            left -= shown.responses.len();
            omitted += more;
            shown
        });
        (shown.collect(), omitted)
    }

    /// Zeroes the counters of what is served: all of them, or the highest values alone. What the process counts of itself
    /// stays. Each worker does so for what it counts, hence nothing is lost but what is to be forgotten. Tells how many
    /// did not do it in time.
    pub async fn clear_counters(&self, all: bool) -> u32 {
        let (_, silent) = self.inquire(|done| Inquiry::Clear { all, done }).await;
        let active = self.shared.live.active();
        for frontend in active.frontends.values() {
            frontend.state.gate.restart_most();
        }
        for backend in active.backends.values() {
            backend.state.restart_most();
            if all {
                backend.state.restart_downs();
            }
            backend.endpoints.iter().for_each(|endpoint| endpoint.state.restart_counts(all));
        }
        silent
    }

    /// Asks all workers at one time: their answers, and how many gave none.
    async fn inquire<T>(&self, inquiry: impl Fn(oneshot::Sender<T>) -> Inquiry) -> (Vec<T>, u32) {
        let until = Instant::now() + PATIENCE;
        let asked: Vec<_> = self
            .inquiries
            .iter()
            .map(|worker| {
                let (reply, answer) = oneshot::channel();
                // One that has so many inquiries before it hangs: without a sender there is no answer.
                let _full = worker.try_send(inquiry(reply));
                answer
            })
            .collect();
        let (mut told, mut silent) = (Vec::new(), 0);
        for answer in asked {
            match timeout_at(until, answer).await {
                Ok(Ok(answer)) => told.push(answer),
                Ok(Err(_)) | Err(_) => silent += 1,
            }
        }
        (told, silent)
    }
}
