//! One endpoint: what it is now, and what outlives a change of it.

mod ejected;
mod of_client;
mod place;
mod said;
mod transport;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use sluicegate_model::endpoint::{CheckKey, EndpointAddress, ForcedHealth, HostPort};
use sluicegate_model::outgoing::{Outgoing, OutgoingHttp, ProxyHeader, ProxyValue, WebSocketHttp};
use sluicegate_model::persistence::Cookie;
use sluicegate_model::tls::TlsClient;
use sluicegate_model::{BackendSettings, Endpoint};

pub(super) use of_client::OfClient;

use super::backend::{BackendState, LiveBackend};
use super::change::Mark;
use super::health::{Checks, Evidence, Health, Probe};
use super::latency::Latencies;
use super::observed::Observed;
use super::places::Places;
use super::reserve::Reserve;
use super::share::Share;
use super::standing::{Admin, Standing};
use super::tally::Tally;
use super::uptime;
use sluicegate_proto::id::ObjectKey;

use crate::cookie;
use crate::counters::{EndpointCounters, Most, Sharded};
use crate::stream::{Peer, Target};
pub use ejected::{Ejection, Ejections};
pub use transport::TransportId;
pub(super) use transport::Transports;

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
    /// What of its place depends on the client.
    pub(super) of_client: Option<OfClient>,
}

impl LiveEndpoint {
    /// Where it is, with port 0 where that depends on the client; `None`: its name has not been resolved.
    pub fn target(&self) -> Option<Target> {
        match &self.target {
            Some(target) => Some(target.clone()),
            None => self.state.address().map(Target::Ip),
        }
    }

    /// Whether connections to it depend on what the client connected to.
    pub fn depends_on_client(&self) -> bool {
        self.of_client.is_some()
    }

    /// Where to connect to for a client that connected to `local`, which only [`LiveEndpoint::depends_on_client`] needs;
    /// `None`: its name has not been resolved, or there is no such port.
    pub fn target_for(&self, local: Option<Peer>) -> Option<Target> {
        match (self.of_client, self.target()?) {
            (Some(of_client), Target::Ip(address)) => of_client.place(address, local).map(Target::Ip),
            (_, target) => Some(target),
        }
    }

    /// Key of pooled connections that [`LiveEndpoint::target_for`] leads to; see [`crate::pool::IdlePool`].
    pub fn transport_for(&self, local: Option<Peer>) -> TransportId {
        let transport = match self.target {
            Some(_) => self.transport,
            // Connections to where it was before are not for where it is now.
            None => {
                let place = self.state.resolved.load().as_deref().map_or(0, |place| place.number);
                self.transport.at_place(place)
            }
        };
        match self.of_client {
            Some(of_client) => of_client.transport(transport, local),
            None => transport,
        }
    }

    /// What its connections have that others have not.
    pub fn outgoing(&self) -> Option<&Outgoing> {
        self.config.outgoing.as_deref()
    }

    /// How connections to it speak TLS; `None`: they are in clear.
    pub fn tls(&self) -> Option<&Arc<TlsClient>> {
        self.outgoing()?.tls.as_ref()
    }

    /// What connections to it begin with.
    pub fn proxy_header(&self) -> Option<&ProxyHeader> {
        self.outgoing()?.proxy_header.as_ref()
    }

    /// Which version of HTTP it is spoken to in.
    pub(crate) fn http(&self) -> OutgoingHttp {
        self.outgoing().map_or(OutgoingHttp::Http1, |outgoing| outgoing.http)
    }

    /// Whether anything goes to it in HTTP/2.
    pub(crate) fn may_speak_http2(&self) -> bool {
        let may = |it: &Outgoing| it.http != OutgoingHttp::Http1 || it.web_sockets == WebSocketHttp::Http2;
        self.outgoing().is_some_and(may)
    }

    /// Which version WebSockets are opened in.
    pub(crate) fn web_sockets(&self) -> WebSocketHttp {
        self.outgoing().map_or(WebSocketHttp::Auto, |outgoing| outgoing.web_sockets)
    }

    /// Values of one's own in that header.
    pub(crate) fn proxy_values(&self) -> &[ProxyValue] {
        self.outgoing().map_or(&[], |outgoing| &outgoing.proxy_values)
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

    /// Whether it, or its whole backend, has been taken out of service.
    pub fn is_out(&self, backend: &LiveBackend) -> bool {
        self.is_disabled() || backend.settings().disabled
    }

    /// Whether the configuration, a person or its agent has taken it out of service.
    pub fn is_disabled(&self) -> bool {
        self.config.disabled || self.state.admin() == Some(Admin::Maint)
    }

    /// Whether a person or its agent wants it to take nothing new.
    pub fn drains(&self) -> bool {
        self.config.drain || self.state.admin() == Some(Admin::Drain)
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

/// What a name resolves to.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    /// Connections to it are told apart by this from those to the place before.
    number: u64,
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
    /// That of `standing`, for those who pass by.
    health: AtomicU8,
    standing: Mutex<Standing>,
    observed: Observed,
    tally: Tally,
    /// Signs of its exchanges count, for one or the other.
    watched: AtomicBool,
    ejections: Mutex<Ejections>,
    retired: AtomicBool,
    /// The table of its backend has it.
    eligible: AtomicBool,
    share: Share,
    pub(super) latencies: Latencies,
    number: AtomicU32,
    evidence: Mutex<Evidence>,
    resolved: ArcSwapOption<Place>,
    known: Mutex<Known>,
    checks: Mutex<Checks>,
    agent: Mutex<Option<Probe>>,
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
            standing: Mutex::new(Standing::begin()),
            observed: Observed::default(),
            tally: Tally::default(),
            watched: AtomicBool::new(false),
            ejections: Mutex::default(),
            retired: AtomicBool::new(false),
            eligible: AtomicBool::new(false),
            share: Share::default(),
            latencies: Latencies::default(),
            number: AtomicU32::new(0),
            evidence: Mutex::new(Evidence::none()),
            resolved: ArcSwapOption::empty(),
            known: Mutex::default(),
            checks: Mutex::default(),
            agent: Mutex::default(),
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

    /// Says what the name resolves to. Its health is [`Health::Unresolved`] until then.
    pub fn set_address(&self, address: SocketAddr) {
        let moved = self.address() != Some(address);
        if moved {
            self.resolved.store(Some(Arc::new(Place { address, number: transport::place() })));
            self.mark.touch();
        }
        if self.standing().checked == Health::Unresolved {
            let checked = self.known.lock().unwrap_or_else(PoisonError::into_inner).check.is_some();
            self.set_health(if checked { Health::Up } else { Health::Unchecked }, "resolved");
        } else if moved && let Some(backend) = self.backend.upgrade() {
            // Hashes may know it by its address.
            backend.endpoint_changed(self);
        }
    }

    /// What the name resolves to.
    pub fn address(&self) -> Option<SocketAddr> {
        self.resolved.load().as_deref().map(|place| place.address)
    }

    /// Says that the name leads nowhere any more, and why.
    pub fn lose_address(&self, why: &str) {
        self.resolved.store(None);
        self.set_health(Health::Unresolved, why);
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
            self.observed.restart();
            self.restart_ejections();
            self.evidence.lock().unwrap_or_else(PoisonError::into_inner).history.downs = 0;
        }
        self.mark.touch();
    }

    /// Whether it may be given a new exchange, apart from its limit.
    pub(crate) fn is_usable(&self) -> bool {
        self.health().is_usable() && self.is_there()
    }

    /// Whether it may be given an exchange that belongs to it: it takes nothing new, perhaps, but is not down.
    pub(crate) fn is_running(&self) -> bool {
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

    /// Puts a generation's settings into force. What is known of its health stays while the same is probed.
    pub(super) fn adopt(&self, index: u32, config: &Endpoint, settings: &BackendSettings) {
        self.index.store(index, SeqCst);
        self.places.write(config);
        if let Some(limit) = self.standing().limit {
            self.places.overrule(limit);
        }
        self.observed.adopt(config.observation.as_ref());
        self.tally.adopt(settings.outlier.as_deref());
        self.watched.store(self.observed.is_on() || self.tally.is_on(), SeqCst);
        self.retired.store(false, SeqCst);
        self.share.write(config.weight, config.slow_start);
        self.number.store(config.number.get(), SeqCst);
        let key = config.check_key();
        let host = match &config.address {
            EndpointAddress::Host(host) => Some(host.clone()),
            EndpointAddress::Ip(_) | EndpointAddress::Unix(_) => None,
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.host != host || self.address().is_none() {
            let place = |address| Arc::new(Place { address, number: transport::place() });
            self.resolved.store(config.first_address().map(place));
        }
        let unresolved = host.is_some() && self.address().is_none();
        let forced = config.forced_health;
        let fresh = match (&key, forced) {
            _ if unresolved => Health::Unresolved,
            (_, Some(forced)) => forced.value.into(),
            (Some(_), None) if config.check.as_ref().is_some_and(|it| !it.initial.is_up()) => Health::Down,
            (Some(_), None) => Health::Up,
            (None, None) => Health::Unchecked,
        };
        let set_anew = forced.is_some() && forced != known.forced;
        let lasts = key.is_some() || forced.is_some() || config.track.is_some();
        let same = known.check == key && known.track == config.track && known.host == host;
        let keeps = same && lasts && !set_anew;
        if !keeps {
            let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
            standing.checked = fresh;
            let health = standing.health() as u8;
            if self.health.swap(health, SeqCst) != health {
                *self.evidence.lock().unwrap_or_else(PoisonError::into_inner) = Evidence::none();
            }
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
