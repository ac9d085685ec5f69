//! One endpoint: what it is now, and what outlives a change of it.

use std::net::SocketAddr;
use std::num::{NonZeroU8, NonZeroU16};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use sluicegate_balance::SIXTEENTHS;
use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::{
    CheckKey, ClientPort, EndpointAddress, ForcedHealth, HostPort, TransportKey,
};
use sluicegate_model::outgoing::Outgoing;
use sluicegate_model::persistence::Cookie;

use super::backend::{BackendState, LiveBackend};
use super::change::Mark;
use super::health::{Checks, Evidence, Health, Probe};
use super::latency::Latencies;
use super::places::Places;
use super::reserve::Reserve;
use super::share::Share;
use super::uptime;
use sluicegate_proto::id::ObjectKey;

use crate::cookie;
use crate::counters::{EndpointCounters, Most, Sharded};
use crate::stream::{Peer, Target};

/// One endpoint of one generation.
#[derive(Debug)]
pub struct LiveEndpoint {
    /// As compiled.
    pub config: Arc<Endpoint>,
    /// What outlives the generation.
    pub state: Arc<EndpointState>,
    /// Key of its pooled connections, but for a port that depends on the client.
    pub(super) transport: TransportId,
    /// What is true of them on all workers.
    pub(super) reserve: Arc<Reserve>,
    pub(super) target: Option<Target>,
    /// The port, where that depends on the client.
    pub(super) client_port: Option<ClientPort>,
}

impl LiveEndpoint {
    /// Where it is, with port 0 where that depends on the client; `None`: its name has not been resolved.
    pub fn target(&self) -> Option<Target> {
        match &self.target {
            Some(target) => Some(target.clone()),
            None => self.state.resolved.load().as_deref().copied().map(Target::Ip),
        }
    }

    /// Whether connections to it depend on what the client connected to.
    pub fn depends_on_client(&self) -> bool {
        self.client_port.is_some()
    }

    /// Where to connect to for a client that connected to `local`, which only [`LiveEndpoint::depends_on_client`] needs;
    /// `None`: its name has not been resolved, or there is no such port.
    pub fn target_for(&self, local: Option<Peer>) -> Option<Target> {
        match (self.client_port, self.target()?) {
            (Some(port), Target::Ip(mut address)) => {
                address.set_port(port.port(client_port(local))?.get());
                Some(Target::Ip(address))
            }
            (_, target) => Some(target),
        }
    }

    /// Key of pooled connections that [`LiveEndpoint::target_for`] leads to; see [`crate::pool::IdlePool`].
    pub fn transport_for(&self, local: Option<Peer>) -> TransportId {
        match self.client_port {
            Some(port) => self.transport.at_port(port.port(client_port(local)).map_or(0, NonZeroU16::get)),
            None => self.transport,
        }
    }

    /// What its sockets have that others have not.
    pub fn outgoing(&self) -> Option<&Outgoing> {
        self.config.outgoing.as_deref()
    }

    /// How its idle connections are kept, and how many there are.
    pub fn reserve(&self) -> &Arc<Reserve> {
        &self.reserve
    }

    /// The address that connections for a client that connected to `local` go to now; `None`: a unix socket, a name that has
    /// not been resolved, or no port.
    pub fn address_for(&self, local: Option<Peer>) -> Option<SocketAddr> {
        match self.target_for(local)? {
            Target::Ip(address) => Some(address),
            Target::Unix(_) => None,
        }
    }

    /// Whether the configuration or a person has taken it, or its whole backend, out of service.
    pub fn is_out(&self, backend: &LiveBackend) -> bool {
        self.config.disabled || backend.settings().disabled
    }

    /// What its backend's cookie calls it now.
    pub(crate) fn cookie(&self, rule: &Cookie) -> Option<cookie::Value<'_>> {
        super::names::value(rule, self)
    }

    /// Whether its address comes from a name.
    pub(super) fn is_named(&self) -> bool {
        matches!(self.config.address, EndpointAddress::Host(_))
    }

    /// Its name within its backend.
    pub fn name(&self) -> &str {
        &self.config.name
    }
}

/// The port of the address that a client connected to; 0 on a unix socket.
fn client_port(local: Option<Peer>) -> u16 {
    local.and_then(Peer::ip).map_or(0, |address| address.port())
}

/// Number of a transport key ([`TransportKey`]) in this process, and a port in its 16 upper bits where that is not part of
/// the key. Equal keys have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransportId(pub u64);

impl TransportId {
    /// The same towards a port.
    fn at_port(self, port: u16) -> Self {
        Self(self.0 | u64::from(port) << 48)
    }
}

/// What the last generation asked about it.
#[derive(Debug, Default)]
struct Known {
    /// What is probed.
    check: Option<CheckKey>,
    /// The name to resolve.
    host: Option<HostPort>,
    /// What a person set its health to.
    forced: Option<ForcedHealth>,
    /// Whose health is its own.
    track: Option<ObjectKey>,
    /// It was out of service, or took nothing new.
    out: bool,
}

/// What is true of an endpoint (by its identity) over all generations.
#[derive(Debug)]
pub struct EndpointState {
    /// The backend that queues for it.
    pub(super) backend: Weak<BackendState>,
    pub(super) mark: Arc<Mark>,
    served: AtomicU32,
    most_served: Most,
    pub(super) most_queued: Most,
    places: Places,
    pub(super) index: AtomicU32,
    pub(super) queued: AtomicU32,
    health: AtomicU8,
    retired: AtomicBool,
    /// The table of its backend has it.
    eligible: AtomicBool,
    share: Share,
    pub(super) latencies: Latencies,
    number: AtomicU32,
    evidence: Mutex<Evidence>,
    resolved: ArcSwapOption<SocketAddr>,
    known: Mutex<Known>,
    checks: Mutex<Checks>,
    /// Per worker.
    pub counters: Sharded<EndpointCounters>,
}

impl EndpointState {
    pub(super) fn new(backend: Weak<BackendState>, mark: Arc<Mark>, workers: usize) -> Self {
        Self {
            backend,
            served: AtomicU32::new(0),
            most_served: Most::default(),
            most_queued: Most::default(),
            places: Places::default(),
            index: AtomicU32::new(0),
            queued: AtomicU32::new(0),
            health: AtomicU8::new(Health::Unchecked as u8),
            retired: AtomicBool::new(false),
            eligible: AtomicBool::new(false),
            share: Share::default(),
            latencies: Latencies::default(),
            number: AtomicU32::new(0),
            evidence: Mutex::new(Evidence::none()),
            resolved: ArcSwapOption::empty(),
            known: Mutex::default(),
            checks: Mutex::default(),
            counters: Sharded::marking(workers, Arc::clone(&mark)),
            mark,
        }
    }

    /// Exchanges at it now.
    pub fn served(&self) -> u32 {
        self.served.load(SeqCst)
    }

    /// Exchanges that wait for it and for no other.
    pub fn queued(&self) -> u32 {
        self.queued.load(SeqCst)
    }

    /// Both together.
    pub(super) fn load(&self) -> u32 {
        self.served().saturating_add(self.queued())
    }

    /// Its health.
    pub fn health(&self) -> Health {
        Health::of(self.health.load(SeqCst))
    }

    /// Why.
    pub fn evidence(&self) -> Evidence {
        self.evidence.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what checks found. A change is in force for the next exchange on every worker, and wakes who waits.
    pub fn set_health(&self, health: Health, evidence: &str) {
        let before = self.health.swap(health as u8, SeqCst);
        let changed = before != health as u8;
        if changed && health.is_usable() && !Health::of(before).is_usable() {
            self.share.cool(uptime::now_ms());
        }
        {
            let mut known = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
            if changed {
                known.history.turn(before == Health::Down as u8, health == Health::Down);
            }
            if &*known.text != evidence {
                known.text = evidence.into();
            }
        }
        self.mark.touch();
        if changed && let Some(backend) = self.backend.upgrade() {
            backend.endpoints_changed();
        }
    }

    /// Says what the name resolves to. Its health is [`Health::Unresolved`] until then.
    pub fn set_address(&self, address: SocketAddr) {
        let moved = self.address() != Some(address);
        if moved {
            self.resolved.store(Some(Arc::new(address)));
            self.mark.touch();
        }
        if self.health() == Health::Unresolved {
            let checked = self.known.lock().unwrap_or_else(PoisonError::into_inner).check.is_some();
            self.set_health(if checked { Health::Up } else { Health::Unchecked }, "resolved");
        } else if moved && let Some(backend) = self.backend.upgrade() {
            // Hashes may know it by its address.
            backend.endpoints_changed();
        }
    }

    /// What the name resolves to.
    pub fn address(&self) -> Option<SocketAddr> {
        self.resolved.load().as_deref().copied()
    }

    /// Counts a probe.
    pub fn count_check(&self, probe: Probe) {
        {
            let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
            checks.made += 1;
            checks.failed += u64::from(probe.harms);
            checks.last = Some(probe);
        }
        self.mark.touch();
    }

    /// What its probes found.
    pub fn checks(&self) -> Checks {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The most exchanges at it at one time, and the most that waited for it and for no other.
    pub fn most(&self) -> (u32, u32) {
        (self.most_served.value(), self.most_queued.value())
    }

    /// Begins to count both anew, from what there is now; with `all`, what its probes found and how often it went down
    /// too.
    pub(crate) fn restart_counts(&self, all: bool) {
        self.most_served.restart(|| self.served());
        self.most_queued.restart(|| self.queued());
        if all {
            let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
            (checks.made, checks.failed) = (0, 0);
            drop(checks);
            self.evidence.lock().unwrap_or_else(PoisonError::into_inner).history.downs = 0;
        }
        self.mark.touch();
    }

    /// Whether it may be given a new exchange, apart from its limit.
    pub(crate) fn is_usable(&self) -> bool {
        self.health().is_usable() && self.is_there()
    }

    /// Whether it may be given an exchange that belongs to it: it takes nothing new, perhaps, but is not down.
    pub(super) fn is_running(&self) -> bool {
        (self.health().is_usable() || self.health() == Health::Stopping) && self.is_there()
    }

    /// Whether the configuration has it.
    pub(super) fn is_there(&self) -> bool {
        !self.retired.load(SeqCst)
    }

    pub(super) fn is_eligible(&self) -> bool {
        self.eligible.load(SeqCst) && self.is_usable()
    }

    pub(super) fn set_eligible(&self, eligible: bool) {
        self.eligible.store(eligible, SeqCst);
    }

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
            backend.endpoints_changed();
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.number.load(SeqCst)
    }

    /// Exchanges at one time, as things are; 0: no limit.
    pub(super) fn limit(&self) -> u32 {
        let backend = || self.backend.upgrade().map_or((0, 0), |backend| backend.fullness());
        let warmth = || Some((self.warmth()?.get().into(), SIXTEENTHS.into()));
        self.places.limit(backend, warmth())
    }

    /// Whether its limit hangs on what its backend has to do.
    pub(super) fn is_elastic(&self) -> bool {
        self.places.is_elastic()
    }

    /// Whether there is a place beside so many exchanges.
    pub(super) fn has_place(&self, served: u32) -> bool {
        let limit = self.limit();
        limit == 0 || served < limit
    }

    /// Takes a place if there are as many exchanges as that.
    pub(super) fn serve_one_more(&self, served: u32) -> bool {
        let taken = self.served.compare_exchange(served, served + 1, SeqCst, SeqCst).is_ok();
        if taken {
            self.most_served.raise(served + 1);
            self.mark.touch();
        }
        taken
    }

    pub(super) fn try_serve(&self) -> bool {
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

    pub(super) fn release(&self) {
        self.served.fetch_sub(1, SeqCst);
        self.mark.touch();
    }

    /// Puts a generation's settings into force. What is known of its health stays while the same is probed.
    pub(super) fn adopt(&self, index: u32, config: &Endpoint) {
        self.index.store(index, SeqCst);
        self.places.write(config);
        self.retired.store(false, SeqCst);
        self.share.write(config.weight, config.slow_start);
        self.number.store(config.number.get(), SeqCst);
        let key = config.check_key();
        let host = match &config.address {
            EndpointAddress::Host(host) => Some(host.clone()),
            EndpointAddress::Ip(_) | EndpointAddress::Unix(_) => None,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.host != host {
            self.resolved.store(None);
        }
        let unresolved = host.is_some() && self.resolved.load().is_none();
        let forced = config.forced_health;
        let fresh = match (&key, forced) {
            _ if unresolved => Health::Unresolved,
            (_, Some(forced)) => forced.value.into(),
            (Some(_), None) => Health::Up,
            (None, None) => Health::Unchecked,
        };
        let set_anew = forced.is_some() && forced != known.forced;
        let lasts = key.is_some() || forced.is_some() || config.track.is_some();
        let same = known.check == key && known.track == config.track && known.host == host;
        let keeps = same && lasts && !set_anew;
        if !keeps && self.health.swap(fresh as u8, SeqCst) != fresh as u8 {
            let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
            *evidence = Evidence::none();
        }
        let out = config.disabled || config.drain;
        if known.out && !out {
            self.share.cool(uptime::now_ms());
        }
        *known = Known { check: key, host, forced, track: config.track.clone(), out };
    }

    pub(super) fn retire(&self) {
        self.retired.store(true, SeqCst);
    }
}

pub(super) fn target(address: &EndpointAddress) -> Option<Target> {
    match address {
        EndpointAddress::Ip(address) => Some(Target::Ip(*address)),
        EndpointAddress::Unix(name) => Some(Target::Unix(Arc::new(name.clone()))),
        EndpointAddress::Host(_) => None,
    }
}

/// Numbers transport keys; a number is never used twice.
#[derive(Debug, Default)]
pub(super) struct Transports {
    known: rustc_hash::FxHashMap<TransportKey, (TransportId, Arc<Reserve>)>,
    last: u64,
}

impl Transports {
    pub(super) fn number(&mut self, key: TransportKey) -> (TransportId, Arc<Reserve>) {
        if let Some((id, reserve)) = self.known.get(&key) {
            return (*id, Arc::clone(reserve));
        }
        self.last += 1;
        let new = (TransportId(self.last), Arc::new(Reserve::new(key.pool)));
        self.known.insert(key, new.clone());
        new
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Forgets keys that no endpoint has any more.
    pub(super) fn retain(&mut self, used: &rustc_hash::FxHashSet<TransportId>) {
        self.known.retain(|_, (id, _)| used.contains(id));
    }
}
