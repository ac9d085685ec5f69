//! Waiting for a place: first come, first served, over all workers.
//!
//! Nobody takes the lock while nobody waits. The order that makes this safe: who queues first counts itself and then
//! looks for a free place once more; who leaves first frees the place and then looks whether somebody is counted. One of
//! the two sees the other.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use rustc_hash::FxHashMap;

use super::backend::{BackendState, LiveBackend, NoPermit, Permit, Taken};
use super::endpoint::EndpointState;
use super::tried::Tried;
use crate::exchange::Wishes;

/// Endpoints that are aimed at one after the other where each goes away at that very moment.
const MOST_AIMS: usize = 8;

/// Who is next: the lowest class, in it the earliest, of these the first to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    class: i16,
    /// Milliseconds since the queue was made, moved as the exchange wished.
    at_ms: i64,
    number: u64,
}

/// Waiters by their turn.
type Line = BTreeMap<Turn, Arc<Waiter>>;

/// Whom to wake when the lock is free.
type Woken = Vec<(Waker, Arc<Waiter>)>;

/// Which exchanges an endpoint takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Terms {
    /// New ones: it is among those that the balance chooses from.
    #[default]
    InTurn,
    /// Those that belong to it: it may have weight 0, drain or be stopping, but is neither down nor in maintenance.
    Kept,
    /// Those that go there whatever its health is.
    Forced,
}

/// Who waits for a backend.
///
/// The shared line has no limit of its own, as with HAProxy, and cannot grow without bound: a waiter is an exchange, an
/// exchange holds a client connection, which waits for one exchange at a time, and connections have a limit
/// (`Process.max_connections`, at most what the file limit has room for: at 1024 files about 400 wait, in all queues of
/// a process together). `timeout queue` bounds the time. A pinned line has the endpoint's limit too (HAProxy:
/// maxqueue), over which an exchange is refused.
#[derive(Debug)]
pub(super) struct Queue {
    last: u64,
    began: Instant,
    /// For any endpoint.
    shared: Line,
    /// For one endpoint, by the address of its state, which each waiter in it keeps alive.
    pinned: FxHashMap<usize, Line>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { last: 0, began: Instant::now(), shared: Line::new(), pinned: FxHashMap::default() }
    }
}

#[derive(Debug)]
struct Waiter {
    backend: Arc<LiveBackend>,
    pinned: Option<Arc<EndpointState>>,
    terms: Terms,
    /// It looks for its endpoint anew when there is one.
    by_hash: bool,
    tried: Tried,
    answer: Mutex<Answer>,
}

#[derive(Debug)]
enum Answer {
    Waiting(Waker),
    Granted(Permit),
    Refused(NoPermit),
    Taken,
}

/// One exchange's wish for a place. Dropping it leaves the queue.
#[derive(Debug, Default)]
pub struct Ticket {
    pinned: Option<Arc<EndpointState>>,
    terms: Terms,
    tried: Tried,
    /// Leads to the endpoint, where there is one; another one leads there too when that is gone.
    hash: Option<u32>,
    class: i16,
    offset_ms: i32,
    place: Option<(Turn, Arc<Waiter>)>,
    /// Exchanges that were before it in the backend's queue.
    pub backend_position: u32,
    /// Exchanges that were before it in the endpoint's queue.
    pub endpoint_position: u32,
}

impl Ticket {
    /// For any endpoint of the backend.
    pub fn new() -> Self {
        Self::default()
    }

    /// For this endpoint and no other: a retry without redispatch, or persistence.
    pub fn pinned(endpoint: &Arc<EndpointState>, terms: Terms) -> Self {
        let mut ticket = Self::default();
        (ticket.pinned, ticket.terms) = (Some(Arc::clone(endpoint)), terms);
        ticket
    }

    /// For any endpoint; those that were tried in vain only where no other has a place, who failed longest ago first.
    pub fn after(tried: &Tried) -> Self {
        let mut ticket = Self::default();
        ticket.tried = tried.clone();
        ticket
    }

    /// The same, for the endpoint that this number leads to in a backend that is balanced so.
    #[must_use]
    pub fn by(mut self, hash: Option<u32>) -> Self {
        self.hash = hash;
        self
    }

    /// The same with another place among those that wait.
    #[must_use]
    pub fn wishing(mut self, wishes: Wishes) -> Self {
        (self.class, self.offset_ms) = (wishes.class, wishes.offset_ms);
        self
    }

    /// Leaves the queue, and lets go of what it knows. Most know nothing.
    #[inline]
    pub fn leave(&mut self) {
        if self.place.is_some() || self.pinned.is_some() || !self.tried.is_empty() {
            *self = Self::new();
        }
    }

    /// Whether it is for one endpoint and no other.
    pub fn is_pinned(&self) -> bool {
        self.pinned.is_some()
    }

    /// Whether it waits in a queue.
    pub fn is_queued(&self) -> bool {
        self.place.is_some()
    }
}

impl LiveBackend {
    /// A place at an endpoint: at once where there is one and nobody waits, else in turn. The caller keeps the time.
    ///
    /// # Errors
    /// Where nobody takes traffic, or a queue is at its limit. The ticket is then used up.
    pub fn poll_acquire(
        self: &Arc<Self>,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Permit, NoPermit>> {
        for attempt in 0..MOST_AIMS {
            // Where this generation of the backend was wrong it is not the one in force: that is looked for under a lock.
            let newer = (attempt > 0).then(|| self.state.current()).flatten();
            let backend = newer.as_ref().unwrap_or(self);
            if ticket.place.is_none() {
                let aim = backend.aim(ticket);
                match backend.try_at_once(ticket, aim.as_ref()) {
                    Taken::Permit(permit) => return Poll::Ready(Ok(permit)),
                    Taken::Nobody if aim.is_some() && ticket.pinned.is_none() => continue,
                    Taken::Nobody if ticket.pinned.is_some() || backend.settings().hold.is_none() => break,
                    Taken::Nobody | Taken::Full => {}
                }
                if let Err(full) = backend.enqueue(ticket, aim, cx.waker()) {
                    return Poll::Ready(Err(full));
                }
            }
            let Some((_, waiter)) = &ticket.place else { return Poll::Pending };
            let mut answer = waiter.answer();
            if let Answer::Waiting(waker) = &mut *answer {
                waker.clone_from(cx.waker());
                return Poll::Pending;
            }
            let answered = std::mem::replace(&mut *answer, Answer::Taken);
            drop(answer);
            ticket.place = None;
            match answered {
                Answer::Granted(permit) => return Poll::Ready(Ok(permit)),
                // Its key has another endpoint now.
                Answer::Refused(NoPermit::NoEndpoint) if ticket.hash.is_some() => {}
                Answer::Refused(why) => return Poll::Ready(Err(why)),
                Answer::Waiting(_) | Answer::Taken => return Poll::Pending,
            }
        }
        Poll::Ready(Err(NoPermit::NoEndpoint))
    }

    /// The one endpoint that will do; `None`: any.
    fn aim(&self, ticket: &Ticket) -> Option<Arc<EndpointState>> {
        let by_hash = || self.endpoint_of(ticket.hash?, &ticket.tried);
        ticket.pinned.clone().or_else(by_hash)
    }

    fn try_at_once(self: &Arc<Self>, ticket: &Ticket, aim: Option<&Arc<EndpointState>>) -> Taken {
        if self.state.queued() > 0 {
            return Taken::Full;
        }
        match aim {
            Some(endpoint) => self.try_take_at(endpoint, ticket.terms),
            None => self.try_take(&ticket.tried),
        }
    }

    fn enqueue(
        self: &Arc<Self>,
        ticket: &mut Ticket,
        aim: Option<Arc<EndpointState>>,
        waker: &Waker,
    ) -> Result<(), NoPermit> {
        let waiter = Arc::new(Waiter {
            backend: Arc::clone(self),
            pinned: aim.clone(),
            terms: ticket.terms,
            by_hash: ticket.hash.is_some() && aim.is_none(),
            tried: ticket.tried.clone(),
            answer: Mutex::new(Answer::Waiting(waker.clone())),
        });
        {
            let mut queue = self.state.queue();
            let turn = queue.turn(ticket);
            if let Some(endpoint) = &aim {
                let line = queue.pinned.entry(address(endpoint)).or_default();
                let index = endpoint.index.load(SeqCst) as usize;
                let limit = self.endpoints.get(index).and_then(|endpoint| endpoint.config.max_queue);
                if limit.is_some_and(|limit| line.len() >= limit.get() as usize) {
                    return Err(NoPermit::QueueFull);
                }
                ticket.endpoint_position = count(line.len());
                line.insert(turn, Arc::clone(&waiter));
                endpoint.most_queued.raise(endpoint.queued.fetch_add(1, SeqCst) + 1);
                endpoint.mark.touch();
                self.state.reckon(endpoint);
            } else {
                let held = self.settings().hold.filter(|_| self.usable() == 0);
                if held.is_some_and(|hold| queue.shared.len() >= hold.max.get() as usize) {
                    return Err(NoPermit::NoEndpoint);
                }
                ticket.backend_position = count(queue.shared.len());
                queue.shared.insert(turn, Arc::clone(&waiter));
            }
            self.state.most_queued.raise(self.state.queued.fetch_add(1, SeqCst) + 1);
            self.state.mark.touch();
            ticket.place = Some((turn, waiter));
        }
        self.state.dispatch(aim.as_ref());
        Ok(())
    }
}

impl BackendState {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives free places to who waits. `freed`: only this endpoint's place can have come free.
    pub(super) fn dispatch(&self, freed: Option<&Arc<EndpointState>>) {
        if self.queued.load(SeqCst) == 0 {
            return;
        }
        let current = self.current();
        let mut wake = Vec::new();
        {
            let mut queue = self.queue();
            match freed {
                Some(endpoint) => self.serve(&mut queue, current.as_ref(), Some(endpoint), &mut wake),
                None => {
                    for endpoint in queue.pinned_endpoints() {
                        self.serve(&mut queue, current.as_ref(), Some(&endpoint), &mut wake);
                    }
                }
            }
            self.serve(&mut queue, current.as_ref(), None, &mut wake);
        }
        for (waker, _waiter) in wake {
            waker.wake();
        }
    }

    /// Serves the shared line, together with that of one endpoint where one is named, in the order of arrival.
    fn serve(
        &self,
        queue: &mut Queue,
        current: Option<&Arc<LiveBackend>>,
        endpoint: Option<&Arc<EndpointState>>,
        wake: &mut Woken,
    ) {
        while let Some((turn, waiter)) = queue.first(endpoint) {
            let backend = current.unwrap_or(&waiter.backend);
            if waiter.by_hash && backend.goes_by_hash() && backend.usable() > 0 {
                self.release(queue, (turn, waiter), Answer::Refused(NoPermit::NoEndpoint), wake);
                continue;
            }
            let taken = match (&waiter.pinned, endpoint) {
                (Some(pinned), _) => backend.try_take_at(pinned, waiter.terms),
                (None, Some(freed)) => backend.try_take_at(freed, Terms::InTurn),
                (None, None) => backend.try_take(&waiter.tried),
            };
            let answer = match taken {
                Taken::Permit(permit) => Answer::Granted(permit),
                Taken::Full => return,
                Taken::Nobody if waiter.pinned.is_none() && endpoint.is_some() => return,
                Taken::Nobody if waiter.pinned.is_none() && backend.settings().hold.is_some() => return,
                Taken::Nobody => Answer::Refused(NoPermit::NoEndpoint),
            };
            self.release(queue, (turn, waiter), answer, wake);
        }
    }

    /// Answers a waiter.
    fn release(
        &self,
        queue: &mut Queue,
        (turn, waiter): (Turn, Arc<Waiter>),
        answer: Answer,
        wake: &mut Woken,
    ) {
        self.forget(queue, turn, &waiter);
        // The waiter lives on until the lock is free: it may be the last to hold the permit, whose drop locks.
        if let Answer::Waiting(waker) = waiter.give(answer) {
            wake.push((waker, waiter));
        }
    }

    /// Takes a waiter out of its line; false: it was not in it any more.
    fn forget(&self, queue: &mut Queue, turn: Turn, waiter: &Waiter) -> bool {
        let removed = match &waiter.pinned {
            None => queue.shared.remove(&turn).is_some(),
            Some(endpoint) => {
                let key = address(endpoint);
                let Some(line) = queue.pinned.get_mut(&key) else { return false };
                let removed = line.remove(&turn).is_some();
                if line.is_empty() {
                    queue.pinned.remove(&key);
                }
                if removed {
                    endpoint.queued.fetch_sub(1, SeqCst);
                    endpoint.mark.touch();
                    self.reckon(endpoint);
                }
                removed
            }
        };
        if removed {
            self.queued.fetch_sub(1, SeqCst);
            self.mark.touch();
        }
        removed
    }
}

impl Queue {
    /// The turn of who comes now.
    fn turn(&mut self, ticket: &Ticket) -> Turn {
        self.last += 1;
        let now_ms = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX / 2);
        Turn { class: ticket.class, at_ms: now_ms + i64::from(ticket.offset_ms), number: self.last }
    }

    /// The earliest of the shared line and, where one is named, of that endpoint's.
    fn first(&self, endpoint: Option<&Arc<EndpointState>>) -> Option<(Turn, Arc<Waiter>)> {
        let pinned =
            endpoint.and_then(|endpoint| self.pinned.get(&address(endpoint))).and_then(Line::first_key_value);
        let shared = self.shared.first_key_value();
        let earliest = match (pinned, shared) {
            (Some(pinned), Some(shared)) if shared.0 < pinned.0 => Some(shared),
            (Some(pinned), _) => Some(pinned),
            (None, shared) => shared,
        };
        earliest.map(|(&turn, waiter)| (turn, Arc::clone(waiter)))
    }

    fn pinned_endpoints(&self) -> Vec<Arc<EndpointState>> {
        let lines = self.pinned.values();
        lines.filter_map(|line| line.first_key_value()?.1.pinned.clone()).collect()
    }
}

impl Waiter {
    fn give(&self, answer: Answer) -> Answer {
        std::mem::replace(&mut *self.answer(), answer)
    }

    fn answer(&self) -> MutexGuard<'_, Answer> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let Some((turn, waiter)) = self.place.take() else { return };
        let state = Arc::clone(&waiter.backend.state);
        let left = {
            let mut queue = state.queue();
            state.forget(&mut queue, turn, &waiter)
        };
        if left && waiter.pinned.is_some() {
            // Who stood behind it in the shared line may be next for that endpoint.
            state.dispatch(waiter.pinned.as_ref());
        }
        // A place granted meanwhile goes with the waiter, outside of the lock.
    }
}

fn address(endpoint: &Arc<EndpointState>) -> usize {
    Arc::as_ptr(endpoint) as usize
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
