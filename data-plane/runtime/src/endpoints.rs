//! Keeps checks and names in step with the generation in force.

mod agent;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{Active, Health, LiveBackend, LiveEndpoint};
use sluicegate_engine::stream::Target;
use sluicegate_health::{Limits, Schedule};
use sluicegate_model::Backend;
use sluicegate_model::endpoint::{CheckSchedule, EndpointAddress, ForcedValue};
use sluicegate_model::logging::{LogAddress, LogPeer};
use sluicegate_proto::id::ObjectKey;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::apply::Served;
use crate::checks::{Kind, Subject};
use crate::names::crowd::{Crowds, First};
use crate::names::{Inquiries, Ledger, Round};
use crate::news::{Cause, Happening, News};
use crate::outliers::Outliers;
use crate::probe::Prober;
use crate::resolve::{Answer, Names};
use crate::tracking::Tracking;
use crate::watch::Watch;

/// Between steps of endpoints that warm up (HAProxy: no less for slowstart).
const WARMING: Duration = Duration::from_secs(1);

/// Follows the endpoints of an engine.
#[derive(Debug)]
pub(crate) struct Endpoints<P> {
    engine: Arc<Engine>,
    checks: Watch<P>,
    names: Names,
    answers: mpsc::Receiver<Answer>,
    /// What the names lead to.
    known: HashMap<String, IpAddr>,
    /// Who is known by a name that the system's resolver is asked for.
    hosts: BTreeMap<String, BTreeMap<ObjectKey, Named>>,
    /// Who is known by a name that sections of name servers are asked for.
    crowds: Crowds,
    inquiries: Inquiries,
    rounds: mpsc::Receiver<Round>,
    /// Names of receivers of logs.
    receivers: BTreeSet<String>,
    followed: Arc<Active>,
    tracking: Tracking,
    outliers: Outliers,
    /// Those that warm up when they come back.
    slow: Vec<Arc<LiveEndpoint>>,
}

/// An endpoint that is known by a name.
#[derive(Debug)]
struct Named {
    backend: Box<str>,
    endpoint: Arc<LiveEndpoint>,
}

impl<P: Prober> Endpoints<P> {
    /// Follows nothing yet. `seed` shifts the first probes of this process against those of others.
    pub(crate) fn new(engine: Arc<Engine>, prober: P, seed: u64) -> Self {
        let (names, answers) = Names::start(engine.failed_resolutions());
        let (inquiries, rounds) = Inquiries::start();
        Self {
            checks: Watch::new(&engine, prober, seed, inquiries.nudges()),
            outliers: Outliers::new(Arc::clone(&engine)),
            engine,
            names,
            answers,
            known: HashMap::new(),
            hosts: BTreeMap::new(),
            crowds: Crowds::new(),
            inquiries,
            rounds,
            receivers: BTreeSet::new(),
            followed: Arc::default(),
            tracking: Tracking::default(),
            slow: Vec::new(),
        }
    }

    /// What comes of asking name servers.
    pub(crate) fn ledger(&self) -> Arc<Ledger> {
        self.inquiries.ledger()
    }

    /// Checks and resolves until it is dropped; `served` tells of each new generation.
    pub(crate) async fn run(mut self, mut served: watch::Receiver<Option<Served>>) {
        let mut pace = interval(WARMING);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                Ok(()) = served.changed() => self.follow(),
                Some(answer) = self.answers.recv() => self.hear(answer),
                Some(round) = self.rounds.recv() => self.hear_round(round),
                () = self.checks.turn() => {}
                () = self.outliers.turn() => {}
                _ = pace.tick(), if !self.slow.is_empty() => {
                    self.slow.iter().for_each(|endpoint| endpoint.state.warm_up());
                }
            }
            self.tracking.settle(News { engine: &self.engine, active: &self.followed });
            self.outliers.settle();
        }
    }

    /// Looks at what differs between the generation followed so far and the one in force.
    fn follow(&mut self) {
        let active = self.engine.live().active();
        let previous = std::mem::replace(&mut self.followed, Arc::clone(&active));
        let mut renamed = false;
        for (key, old) in &previous.backends {
            let new = active.backends.get(key);
            if new.is_some_and(|new| Arc::ptr_eq(old, new)) {
                continue;
            }
            let stay: HashSet<&ObjectKey> =
                new.iter().flat_map(|new| &new.endpoints).map(|it| &it.config.key).collect();
            for endpoint in old.endpoints.iter().filter(|it| !stay.contains(&it.config.key)) {
                self.checks.forget(&endpoint.config.key);
                renamed |= self.unname(endpoint);
            }
        }
        let (mut subjects, mut wanted) = (Vec::new(), Vec::new());
        for (key, new) in &active.backends {
            let old = previous.backends.get(key);
            if old.is_some_and(|old| Arc::ptr_eq(old, new)) {
                continue;
            }
            let before = Before::of(old, new);
            // Those who share out addresses are told of by the backend as it is now.
            renamed |= new.endpoints.iter().any(|endpoint| endpoint.config.resolution.is_some());
            for endpoint in &new.endpoints {
                let was = before.endpoints.get(&endpoint.config.key);
                if before.same_settings && was.is_some_and(|was| Arc::ptr_eq(&was.config, &endpoint.config)) {
                    continue;
                }
                if let (Some(was), Some(old)) = (was, old) {
                    let happening = wanted_of([(&**old, &***was), (&**new, &**endpoint)]);
                    wanted.extend(happening.map(|happening| (new, endpoint, happening)));
                }
                renamed |= was.is_some_and(|was| self.unname(was)) | self.name(new, endpoint);
                match self.subject(&new.config, endpoint) {
                    Some(subject) => subjects.push(subject),
                    None => self.leave(endpoint),
                }
                subjects.extend(self.agent(&new.config, endpoint));
            }
        }
        self.checks.spread(active.runtime.process.spread);
        self.checks.follow(subjects);
        self.tell(&previous, &active, wanted);
        self.tracking = Tracking::of(&active);
        self.outliers.follow(&active);
        let all = active.backends.values().flat_map(|backend| &backend.endpoints);
        self.slow = all.filter(|it| it.config.slow_start.is_some()).cloned().collect();
        if renamed || active.runtime.resolvers != previous.runtime.resolvers {
            self.follow_crowds();
        }
        let receivers = receivers(&active);
        if renamed || receivers != self.receivers {
            self.receivers = receivers;
            for (name, ip) in self.known.iter().filter(|(name, _)| self.receivers.contains(*name)) {
                self.engine.log_names().set(name, Some(*ip));
            }
            self.follow_names();
        }
    }

    /// Has the system's resolver asked for just the names that it is wanted for.
    fn follow_names(&mut self) {
        let of_crowds = self.crowds.system_names().map(str::to_owned);
        let names: BTreeSet<String> =
            self.hosts.keys().chain(&self.receivers).cloned().chain(of_crowds).collect();
        self.known.retain(|name, _| names.contains(name));
        self.names.follow(&names);
    }

    /// Says what somebody wanted.
    fn tell<'a>(
        &self,
        previous: &Active,
        active: &'a Active,
        wanted: impl IntoIterator<Item = (&'a Arc<LiveBackend>, &'a Arc<LiveEndpoint>, Happening)>,
    ) {
        let news = News { engine: &self.engine, active };
        for (backend, endpoint, happening) in wanted {
            news.tell(backend, endpoint, &happening);
        }
        for (key, frontend) in &active.frontends {
            let was = previous.frontends.get(key).is_some_and(|was| was.settings().paused);
            if was != frontend.settings().paused {
                news.tell_paused(frontend);
            }
        }
    }

    /// The check of an endpoint; `None`: it has none, or is out of service.
    fn subject(&self, backend: &Backend, endpoint: &LiveEndpoint) -> Option<Subject> {
        let config = &endpoint.config;
        if config.disabled || backend.settings.disabled {
            return None;
        }
        let check = config.check_key()?;
        let timeouts = &backend.settings.timeouts;
        Some(Subject {
            key: config.key.clone(),
            kind: Kind::Endpoint,
            script: Arc::clone(&backend.settings.probe),
            config: Arc::clone(config),
            settings: Arc::clone(&backend.settings),
            schedule: schedule(config.check.as_ref()?),
            limits: Limits { connect: timeouts.connect, answer: timeouts.check },
            target: self.probed_at(endpoint),
            check,
            paused: config.check.as_ref().is_some_and(|check| check.paused),
            forced: config.forced_health,
        })
    }

    fn target(&self, address: &EndpointAddress) -> Option<Target> {
        match address {
            EndpointAddress::Ip(address) => Some(Target::Ip(*address)),
            EndpointAddress::Unix(name) => Some(Target::Unix(Arc::new(name.clone()))),
            EndpointAddress::Host(host) => {
                let ip = self.known.get(&*host.name)?;
                Some(Target::Ip(SocketAddr::new(*ip, host.port)))
            }
        }
    }

    /// Ends the checks of an endpoint that stays. A verdict that came after the commit does not outlive them.
    fn leave(&mut self, endpoint: &LiveEndpoint) {
        self.checks.forget_check(&endpoint.config.key);
        let config = &endpoint.config;
        let asked = config.check.is_some() || config.forced_health.is_some() || config.track.is_some();
        if !asked && endpoint.state.health() != Health::Unresolved {
            endpoint.state.set_health(Health::Unchecked, "");
        }
    }

    /// Puts an endpoint down under its name. Says whether it has one.
    fn name(&mut self, backend: &LiveBackend, endpoint: &Arc<LiveEndpoint>) -> bool {
        let EndpointAddress::Host(host) = &endpoint.config.address else { return false };
        if !Self::asks_system(endpoint) {
            return true;
        }
        let named = Named { backend: backend.name().into(), endpoint: Arc::clone(endpoint) };
        let users = self.hosts.entry(host.name.to_string()).or_default();
        users.insert(endpoint.config.key.clone(), named);
        if let Some(ip) = self.known.get(&*host.name) {
            endpoint.state.set_address(SocketAddr::new(*ip, host.port));
        }
        true
    }

    /// Takes an endpoint out from under its name. Says whether it had one.
    fn unname(&mut self, endpoint: &LiveEndpoint) -> bool {
        let EndpointAddress::Host(host) = &endpoint.config.address else { return false };
        if let Some(users) = self.hosts.get_mut(&*host.name) {
            users.remove(&endpoint.config.key);
            if users.is_empty() {
                self.hosts.remove(&*host.name);
            }
        }
        true
    }

    fn hear(&mut self, answer: Answer) {
        let Answer { name, address } = answer;
        if self.receivers.contains(&name)
            && let Ok(ip) = address
        {
            self.engine.log_names().set(&name, Some(ip));
        }
        let of_crowds = self.crowds.hear_system(&name, address.as_ref().ok().copied());
        self.place(of_crowds);
        let users = self.hosts.get(&name).into_iter().flat_map(BTreeMap::values);
        match address {
            Ok(ip) => {
                users.for_each(|named| named.lead_to(ip, &mut self.checks));
                self.known.insert(name, ip);
            }
            Err(reason) => {
                for named in users {
                    match named.instead() {
                        Some(ip) => named.lead_to(ip, &mut self.checks),
                        None => named.unresolved(&name, &reason),
                    }
                }
            }
        }
    }
}

impl Named {
    fn lead_to<P: Prober>(&self, ip: IpAddr, watch: &mut Watch<P>) {
        self.resolved(ip);
        let config = &self.endpoint.config;
        if let EndpointAddress::Host(host) = &config.address {
            watch.resolved(config, SocketAddr::new(ip, host.port));
        }
    }

    fn resolved(&self, ip: IpAddr) {
        let EndpointAddress::Host(host) = &self.endpoint.config.address else { return };
        let (server, state) = (self.server(), &self.endpoint.state);
        match state.address().map(|address| address.ip()) {
            None => tracing::info!("Server {server} ('{}') is at {ip}", host.name),
            Some(old) if old != ip => {
                tracing::warn!("Server {server} changed its IP from {old} to {ip} by DNS")
            }
            Some(_) => {}
        }
        state.set_address(SocketAddr::new(ip, host.port));
    }

    /// An address that was known once stays in use: whether somebody answers there is a check's question.
    fn unresolved(&self, name: &str, reason: &str) {
        let (server, state) = (self.server(), &self.endpoint.state);
        match state.address() {
            None => {
                tracing::warn!(
                    "Server {server} is DOWN: '{name}' does not resolve ({reason}); it is asked for again"
                );
                state.set_health(Health::Unresolved, reason);
            }
            Some(address) => {
                tracing::warn!(
                    "Server {server} stays at {address}: '{name}' does not resolve any more ({reason})"
                );
            }
        }
    }

    /// The address that it begins with where its name leads nowhere; `None`: none, or it has one.
    fn instead(&self) -> Option<IpAddr> {
        if self.endpoint.state.address().is_some() {
            return None;
        }
        match First::of(self.endpoint.config.resolution.as_deref()?) {
            First::System(instead) => instead,
            First::None | First::Ip(_) => None,
        }
    }

    fn server(&self) -> String {
        format!("{}/{}", self.backend, self.endpoint.name())
    }
}

/// What somebody wanted of an endpoint, by what it and its backend were and are.
fn wanted_of([before, now]: [(&LiveBackend, &LiveEndpoint); 2]) -> Option<Happening> {
    let out = |(backend, endpoint): (&LiveBackend, &LiveEndpoint)| endpoint.is_out(backend);
    let drains = |(_, endpoint): (&LiveBackend, &LiveEndpoint)| endpoint.config.drain;
    let forced =
        now.1.config.forced_health.filter(|_| before.1.config.forced_health != now.1.config.forced_health);
    match (out(before), out(now)) {
        (false, true) => Some(Happening::Maintenance(Cause::Wanted)),
        (true, false) => Some(Happening::Ready),
        (true, true) => None,
        (false, false) => match (drains(before), drains(now), forced.map(|forced| forced.value)) {
            (false, true, _) => Some(Happening::Drain(Cause::Wanted)),
            (true, false, _) => Some(Happening::Undrained),
            (_, _, Some(ForcedValue::Up)) => Some(Happening::Up(Cause::Set)),
            (_, _, Some(ForcedValue::Stopping)) => Some(Happening::Stopping(Cause::Set)),
            (_, _, Some(ForcedValue::Down)) => Some(Happening::Down(Cause::Set)),
            (_, _, None) => None,
        },
    }
}

/// A backend as it was followed before.
struct Before<'a> {
    /// All that checks ask for beside the endpoints is what it was.
    same_settings: bool,
    endpoints: HashMap<&'a ObjectKey, &'a Arc<LiveEndpoint>>,
}

impl<'a> Before<'a> {
    fn of(old: Option<&'a Arc<LiveBackend>>, new: &LiveBackend) -> Self {
        Self {
            same_settings: old.is_some_and(|old| Arc::ptr_eq(&old.config.settings, &new.config.settings)),
            endpoints: old.iter().flat_map(|old| &old.endpoints).map(|it| (&it.config.key, it)).collect(),
        }
    }
}

fn receivers(active: &Active) -> BTreeSet<String> {
    let of_frontends = active.frontends.values().flat_map(|frontend| &frontend.settings().logging.targets);
    let of_backends = active.backends.values().flat_map(|backend| &backend.settings().log_targets);
    of_frontends
        .chain(of_backends)
        .filter_map(|target| match &target.address {
            LogAddress::Host(host) => Some(host.name.to_string()),
            LogAddress::Stream(stream) => match &stream.peer {
                LogPeer::Host(host) => Some(host.name.to_string()),
                LogPeer::Ip(_) | LogPeer::Unix(_) => None,
            },
            LogAddress::Ip(_) | LogAddress::Unix(_) | LogAddress::Descriptor(_) => None,
        })
        .collect()
}

fn schedule(check: &CheckSchedule) -> Schedule {
    let CheckSchedule { interval, fast_interval, down_interval, rise, fall, .. } = check;
    Schedule {
        interval: *interval,
        fast_interval: *fast_interval,
        down_interval: *down_interval,
        rise: *rise,
        fall: *fall,
    }
}

mod places;
#[cfg(test)]
mod tests;
