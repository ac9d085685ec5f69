//! One backend: selection, and what outlives a change of it.

mod census;
mod loads;
mod permit;

use std::net::SocketAddr;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use sluicegate_model::backend::Balance;
use sluicegate_model::persistence::{Cookie, CookieMode};
use sluicegate_model::{Backend, BackendSettings, Mode};

use super::alignment::Alignment;
use super::change::Mark;
use super::endpoint::{EndpointState, LiveEndpoint};
use super::health::History;
use super::index::Index;
use super::names::Names;
use super::queue::{Queue, Terms};
use super::roster::Roster;
use super::table::{Table, Untold};
use super::tried::Tried;
use crate::counters::{BackendCounters, Most, Sharded};
use crate::failure::Failure;
use crate::log::Sinks;
use census::Census;
pub(super) use permit::Taken;
pub use permit::{NoPermit, Permit};

/// Longest pause before another attempt at the same endpoint (HAProxy: turn-around).
const TURN_AROUND: Duration = Duration::from_secs(1);

/// One backend of one generation. An exchange that was routed here holds it to its end.
#[derive(Debug)]
pub struct LiveBackend {
    /// As compiled.
    pub config: Arc<Backend>,
    /// What outlives the generation.
    pub state: Arc<BackendState>,
    /// In their order.
    pub endpoints: Vec<Arc<LiveEndpoint>>,
    /// Where lines about its endpoints go.
    pub sinks: Arc<Sinks>,
    table: ArcSwap<Table>,
    census: Census,
    names: Names,
}

impl LiveBackend {
    /// `previous`: the one that it follows.
    pub(super) fn new(
        config: Arc<Backend>,
        state: Arc<BackendState>,
        endpoints: Vec<Arc<LiveEndpoint>>,
        sinks: Arc<Sinks>,
        previous: Option<(&Self, &Alignment)>,
    ) -> Self {
        let census = match previous {
            Some((before, alignment)) => before.census.followed((&before.endpoints, &endpoints), alignment),
            None => Census::of(&endpoints),
        };
        let known = previous.filter(|(it, _)| Arc::ptr_eq(&it.config.settings, &config.settings));
        let names = known
            .and_then(|(before, alignment)| before.names.followed(&config.settings, &endpoints, alignment))
            .unwrap_or_else(|| Names::of(&config.settings, &endpoints));
        Self { config, state, endpoints, sinks, table: ArcSwap::default(), census, names }
    }

    /// Whether connections of it are opened ahead. Those of TCP mode are not kept.
    pub(crate) fn is_warm(&self) -> bool {
        self.settings().mode == Mode::Http && self.census.warm > 0
    }

    /// Whether limits of its endpoints may hang on what it has to do.
    pub(super) fn is_elastic(&self) -> bool {
        self.census.elastic > 0
    }

    /// Its settings.
    pub fn settings(&self) -> &BackendSettings {
        &self.config.settings
    }

    /// The pause before another attempt at the same endpoint, which may be starting anew; `None`: after a time-out it
    /// has had its pause.
    pub(crate) fn turn_around(&self, failure: Failure) -> Option<Duration> {
        let longest = self.settings().timeouts.connect.unwrap_or(TURN_AROUND);
        (failure != Failure::ConnectTimeout).then_some(longest.min(TURN_AROUND))
    }

    /// How long an exchange may wait for a place that begins to do so now.
    pub(crate) fn longest_wait(&self) -> Option<Duration> {
        let settings = self.settings();
        let hold = settings.hold.map(|hold| hold.wait);
        let held = hold.filter(|_| self.usable() == 0);
        // Whoever waits for one that is about to go would wait for ever without a time of its own.
        held.or(settings.timeouts.queue).or(settings.timeouts.connect).or(hold)
    }

    /// Whether logs tell what became of cookies: not where these are only read.
    pub(crate) fn shows_cookies(&self) -> bool {
        let persistence = self.settings().persistence.as_deref();
        let rule = persistence.and_then(|persistence| persistence.cookie.as_ref());
        rule.is_some_and(|rule| rule.mode != CookieMode::Read || rule.indirect)
    }

    /// Endpoints that take traffic now.
    pub fn usable(&self) -> usize {
        self.table.load().len()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.config.key().name()
    }

    /// Whether the retry of this number (from 1), within so many, seeks another endpoint (HAProxy: option redispatch). Where
    /// nobody asked for an endpoint in particular (`direct`), every retry does where there is another one.
    pub fn redispatches(&self, retry: u32, retries: u32, direct: bool) -> bool {
        let Some(interval) = self.settings().redispatch else { return false };
        if !direct && self.table.load().len() > 1 {
            return true;
        }
        let interval = i64::from(interval.get());
        let divisor = if interval > 0 { interval } else { i64::from(retries) + 1 + interval };
        divisor > 0 && i64::from(retry) % divisor == 0
    }

    /// Builds its first table, from that of the backend that it follows. The caller holds the state's `current`.
    fn follow(&self, previous: Option<&Self>) -> Untold {
        let Some(previous) = previous else {
            return self.put(Roster::of(&self.endpoints), &Table::default(), None);
        };
        let table = previous.table.load();
        let alignment = Alignment::of(&previous.endpoints, &self.endpoints);
        let roster = table.roster().followed(&self.endpoints, &alignment);
        let same = |&place: &u32| Arc::ptr_eq(&previous.at(place).state, &self.at(place).state);
        let stay = alignment.replaces() && alignment.came().iter().all(same);
        self.put(roster, &table, stay.then_some(alignment.came()))
    }

    /// Builds its table anew for one endpoint that has changed. The caller holds the state's `current`.
    fn renew(&self, endpoint: &EndpointState) -> Untold {
        let table = self.table.load();
        match self.place_of(endpoint) {
            Some(place) => self.put(table.roster().renewed(place, self.at(place)), &table, Some(&[place])),
            // Its place is that in a generation which is about to be in force.
            None => self.put(Roster::of(&self.endpoints), &table, None),
        }
    }

    fn put(&self, roster: Roster, previous: &Table, touched: Option<&[u32]>) -> Untold {
        let (table, untold) = Table::build(&self.config, &self.endpoints, roster, previous, touched);
        self.table.store(Arc::new(table));
        untold
    }

    /// Takes the next turn. Those that were `tried` are taken only where nobody else can be.
    pub(super) fn try_take(self: &Arc<Self>, tried: &Tried) -> Taken {
        let table = self.table.load();
        if table.len() == 0 {
            return Taken::Nobody;
        }
        let cursor = self.state.cursor.fetch_add(1, SeqCst);
        let serve = |index| self.serve(index);
        let picked = match table.index() {
            Some(index) => index.take(tried),
            None => table
                .pick(cursor, &**self, |index| !tried.has(&self.at(index).state), serve)
                .or_else(|| self.usable_of(&table, tried).find(|&index| serve(index))),
        };
        picked.map_or(Taken::Full, |index| Taken::Permit(self.permit(index)))
    }

    /// The endpoint that a number leads to; one that was `tried` where it leads to no other. `None`: nobody takes traffic, or
    /// it is not balanced by numbers.
    pub(super) fn endpoint_of(&self, hash: u32, tried: &Tried) -> Option<Arc<EndpointState>> {
        if !self.goes_by_hash() {
            return None;
        }
        let table = self.table.load();
        let untried = table.at(hash, self, |index| !tried.has(&self.at(index).state));
        let place = untried.or_else(|| self.usable_of(&table, tried).next())?;
        Some(Arc::clone(&self.at(place).state))
    }

    /// Whether a number leads to each of its endpoints.
    pub(super) fn goes_by_hash(&self) -> bool {
        matches!(self.settings().balance, Balance::Hash(_))
    }

    /// The places of those that were tried and take traffic, longest ago first.
    fn usable_of(&self, table: &Table, tried: &Tried) -> impl Iterator<Item = u32> {
        tried.iter().filter_map(|endpoint| self.place_of(endpoint)).filter(|&index| table.contains(index))
    }

    /// Takes a place at one endpoint, whatever the turns say.
    pub(super) fn try_take_at(self: &Arc<Self>, wanted: &Arc<EndpointState>, terms: Terms) -> Taken {
        let Some(index) = self.place_of(wanted).filter(|&index| self.takes(index, terms)) else {
            return Taken::Nobody;
        };
        if self.place_at(index) { Taken::Permit(self.permit(index)) } else { Taken::Full }
    }

    /// Whether an endpoint may be given exchanges on these terms, its limit apart.
    fn takes(&self, index: u32, terms: Terms) -> bool {
        let endpoint = self.at(index);
        match terms {
            Terms::InTurn => self.table.load().contains(index) && endpoint.state.is_usable(),
            Terms::Kept => !endpoint.is_out(self) && endpoint.state.is_running(),
            Terms::Forced => endpoint.state.is_there(),
        }
    }

    /// Whether an endpoint is its own and takes new traffic.
    pub(crate) fn has(&self, endpoint: &Arc<EndpointState>) -> bool {
        self.place_of(endpoint).is_some_and(|index| self.takes(index, Terms::InTurn))
    }

    /// Whether a client may stay with the endpoint of its last exchange: `most` wait there before it where it has no place
    /// for it (HAProxy: max-keep-alive-queue); `None`: however many.
    pub(crate) fn prefers(&self, endpoint: &Arc<EndpointState>, most: Option<u32>) -> bool {
        let short = |most| endpoint.has_place(endpoint.served()) || endpoint.queued() < most;
        self.has(endpoint) && most.is_none_or(short)
    }

    fn place_of(&self, endpoint: &EndpointState) -> Option<u32> {
        let index = endpoint.index.load(SeqCst);
        let own = self.endpoints.get(index as usize).is_some_and(|it| ptr::eq(&*it.state, endpoint));
        own.then_some(index)
    }

    /// The endpoint of that name, if it may be given exchanges on these terms.
    pub(crate) fn named(&self, name: &[u8], terms: Terms) -> Option<&Arc<EndpointState>> {
        let place = self.names.named(&self.endpoints, name).filter(|&place| self.takes(place, terms))?;
        Some(&self.at(place).state)
    }

    /// The first endpoint at an address, if it may be given exchanges on these terms.
    pub(crate) fn at_address(&self, address: SocketAddr, terms: Terms) -> Option<Arc<EndpointState>> {
        let is_there = |endpoint: &LiveEndpoint| endpoint.address_for(None) == Some(address);
        let found = (0..).zip(&self.endpoints).find(|(place, it)| is_there(it) && self.takes(*place, terms));
        found.map(|(_, endpoint)| Arc::clone(&endpoint.state))
    }

    /// Endpoints that a cookie calls so, in their order, and whether each runs.
    pub(crate) fn with_cookie<'a>(
        &'a self,
        rule: &'a Cookie,
        called: &'a [u8],
    ) -> impl Iterator<Item = (&'a Arc<EndpointState>, bool)> {
        let places = self.names.with_cookie((rule, &self.endpoints), called);
        places.map(|place| (&self.at(place).state, self.takes(place, Terms::Kept)))
    }

    pub(super) fn at(&self, index: u32) -> &Arc<LiveEndpoint> {
        &self.endpoints[index as usize]
    }

    /// Counts one more exchange at an endpoint, if it may have one.
    fn serve(&self, index: u32) -> bool {
        self.at(index).state.is_usable() && self.place_at(index)
    }

    /// The same whatever its health is.
    fn place_at(&self, index: u32) -> bool {
        let state = &self.at(index).state;
        let serves = state.try_serve();
        if serves {
            self.state.reckon(state);
        }
        serves
    }

    /// For a place that [`Self::serve`] has counted.
    fn permit(self: &Arc<Self>, index: u32) -> Permit {
        self.state.most_exchanging.raise(self.state.exchanging.fetch_add(1, SeqCst) + 1);
        self.state.mark.touch();
        Permit { backend: Arc::clone(self), endpoint: Arc::clone(self.at(index)) }
    }
}

/// Whether any endpoint takes traffic.
#[derive(Debug, Clone, Copy)]
pub struct Availability {
    /// One does.
    pub up: bool,
    /// Since when, and what was before.
    pub history: History,
}

/// What is true of a backend (by its identity) over all generations.
#[derive(Debug)]
pub struct BackendState {
    pub(super) mark: Arc<Mark>,
    cursor: AtomicU64,
    /// Of its exchanges, from which on its endpoints have all their places.
    full: AtomicU32,
    exchanging: AtomicU32,
    most_exchanging: Most,
    pub(super) most_queued: Most,
    /// Waiters of all its queues: read without the lock to learn that nobody waits.
    pub(super) queued: AtomicU32,
    pub(super) queue: Mutex<Queue>,
    current: Mutex<Weak<LiveBackend>>,
    availability: Mutex<Option<Availability>>,
    /// Where the next endpoint hangs on what they have: that of the table in force.
    index: ArcSwapOption<Index>,
    /// There is one: a backend without it pays for no more than this at each exchange.
    indexed: AtomicBool,
    /// Per worker.
    pub counters: Sharded<BackendCounters>,
}

impl BackendState {
    pub(super) fn new(mark: Arc<Mark>, workers: usize) -> Self {
        Self {
            cursor: AtomicU64::new(0),
            full: AtomicU32::new(0),
            exchanging: AtomicU32::new(0),
            most_exchanging: Most::default(),
            most_queued: Most::default(),
            queued: AtomicU32::new(0),
            queue: Mutex::default(),
            current: Mutex::default(),
            availability: Mutex::default(),
            index: ArcSwapOption::empty(),
            indexed: AtomicBool::new(false),
            counters: Sharded::marking(workers, Arc::clone(&mark)),
            mark,
        }
    }

    /// Exchanges at its endpoints now.
    pub fn exchanging(&self) -> u32 {
        self.exchanging.load(SeqCst)
    }

    /// The most exchanges at its endpoints at one time, and the most that waited.
    pub fn most(&self) -> (u32, u32) {
        (self.most_exchanging.value(), self.most_queued.value())
    }

    /// Begins to count both anew, from what there is now.
    pub(crate) fn restart_most(&self) {
        self.most_exchanging.restart(|| self.exchanging());
        self.most_queued.restart(|| self.queued());
        self.mark.touch();
    }

    /// Says which load is full.
    pub(super) fn set_full(&self, exchanges: u64) {
        self.full.store(u32::try_from(exchanges).unwrap_or(u32::MAX), SeqCst);
    }

    /// Exchanges, those that wait included, and from how many on endpoints have all their places.
    pub(super) fn fullness(&self) -> (u32, u32) {
        (self.exchanging().saturating_add(self.queued()), self.full.load(SeqCst))
    }

    /// Exchanges that wait.
    pub fn queued(&self) -> u32 {
        self.queued.load(SeqCst)
    }

    pub(super) fn current(&self) -> Option<Arc<LiveBackend>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// Whether any endpoint takes traffic; `None` before its first generation is in force.
    pub fn availability(&self) -> Option<Availability> {
        *self.availability.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to count anew how often there was no endpoint.
    pub(crate) fn restart_downs(&self) {
        if let Some(known) = &mut *self.availability.lock().unwrap_or_else(PoisonError::into_inner) {
            known.history.downs = 0;
        }
        self.mark.touch();
    }

    /// To be called after what an endpoint has, or may have, has changed.
    pub(super) fn reckon(&self, endpoint: &EndpointState) {
        if self.indexed.load(SeqCst)
            && let Some(index) = &*self.index.load()
        {
            index.update(endpoint);
        }
    }

    /// The caller holds `current`, whose backend this is, and has built its table.
    fn put_in_force(&self, backend: &LiveBackend, untold: Untold) {
        let index = backend.table.load().index().cloned();
        self.index.store(index.clone());
        self.indexed.store(index.is_some(), SeqCst);
        match (index, untold) {
            (Some(index), Untold::All) => index.settle(),
            (Some(index), Untold::These(places)) => {
                places.into_iter().for_each(|place| index.update(&backend.at(place).state));
            }
            (None, _) => {}
        }
        let up = backend.usable() > 0;
        let mut known = self.availability.lock().unwrap_or_else(PoisonError::into_inner);
        let turned = match &mut *known {
            Some(known) if known.up == up => false,
            Some(known) => {
                known.history.turn(!known.up, !up);
                known.up = up;
                true
            }
            None => known.replace(Availability { up, history: History::begin() }).is_none(),
        };
        if turned {
            self.mark.touch();
        }
    }

    /// Makes a generation's backend the one that hands out places.
    pub(super) fn adopt(&self, backend: &Arc<LiveBackend>) {
        {
            let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            let untold = backend.follow(current.upgrade().as_deref());
            *current = Arc::downgrade(backend);
            self.put_in_force(backend, untold);
        }
        self.dispatch(None);
    }

    /// The health, the weight, the limit or the address of an endpoint changed.
    pub(super) fn endpoint_changed(&self, endpoint: &EndpointState) {
        {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(backend) = current.upgrade() else { return };
            let untold = backend.renew(endpoint);
            self.put_in_force(&backend, untold);
        }
        self.dispatch(None);
    }
}
