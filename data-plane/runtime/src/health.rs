//! What checks find, told to the engine and, where something changed, to people.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use sluicegate_engine::engine::Engine;
use sluicegate_engine::live::{ErrorRun, Health, LiveEndpoint, Probe};
use sluicegate_engine::stream::Target;
use sluicegate_health::formula::Formulas;
use sluicegate_health::script::{Particulars, Place};
use sluicegate_health::{self as health, Check, Finding, Status};
use sluicegate_model::Endpoint;
use sluicegate_model::endpoint::EndpointAddress;
use sluicegate_model::listener::UnixName;
use sluicegate_proto::id::ObjectKey;
use sluicegate_stats::proxy_number;

use crate::checks::formulas::Worked;
use crate::checks::{Subject, Verdicts};
use crate::names::Nudges;
use crate::news::{Cause, Happening, News};

/// Writes verdicts to what is served.
#[derive(Debug)]
pub(crate) struct Board {
    engine: Arc<Engine>,
    nudges: Arc<Nudges>,
}

impl Board {
    pub(crate) fn new(engine: Arc<Engine>, nudges: Arc<Nudges>) -> Self {
        Self { engine, nudges }
    }
}

impl Verdicts for Board {
    fn renewed(&mut self, endpoint: &Subject, check: &Check) {
        if let Some(state) = self.engine.live().endpoint(&endpoint.key) {
            state.set_health(of_check(check), "");
        }
    }

    fn error_run(&self) -> impl Future<Output = (ObjectKey, ErrorRun)> + Send {
        self.engine.live().next_error_run()
    }

    /// As HAProxy builds it: `UP 2/3; address=192.0.2.1; port=80; name=app/a; node=here; weight=1/2; scur=0/0; qcur=0`.
    fn state_words(&self, endpoint: &Subject, check: &Check) -> String {
        let mut words = check.state_words();
        let active = self.engine.live().active();
        let Some(backend) = active.backends.get(&endpoint.settings.key) else { return words };
        let Some(own) = backend.endpoints.iter().find(|it| it.config.key == endpoint.key) else {
            return words;
        };
        let (address, port) = match own.target() {
            Some(Target::Ip(address)) => (address.ip().to_string(), address.port().to_string()),
            Some(Target::Unix(_)) | None => (own.config.address.to_string(), String::new()),
        };
        let node = active
            .runtime
            .process
            .node
            .as_deref()
            .map_or_else(|| self.engine.host().to_owned(), str::to_owned);
        let takes = |it: &&Arc<LiveEndpoint>| !it.is_disabled() && it.state.health().is_usable();
        let weight: u32 =
            backend.endpoints.iter().filter(takes).map(|it| u32::from(it.state.weight_in_sixteenths())).sum();
        let weight = weight.div_ceil(16);
        words.push_str(&format!(
            "; address={address}; port={port}; name={}/{}; node={node}; weight={}/{weight}; scur={}/{}; qcur={}",
            backend.name(),
            own.name(),
            own.state.weight_in_sixteenths().div_ceil(16),
            own.state.served(),
            backend.state.exchanging(),
            own.state.queued(),
        ));
        // A name or a path may hold anything; a header may not.
        words.retain(|c| c.is_ascii() && !c.is_ascii_control());
        words
    }

    fn formulas(&self, endpoint: &Subject) -> Option<Arc<dyn Formulas>> {
        let (settings, engine) = (Arc::clone(&endpoint.settings), Arc::clone(&self.engine));
        Some(Arc::new(Worked { settings, engine }))
    }

    fn particulars(&self, endpoint: &Subject) -> Particulars {
        let Subject { config, settings, .. } = endpoint;
        let active = self.engine.live().active();
        let live = self.engine.live().endpoint(&endpoint.key);
        Particulars {
            backend: settings.key.name().to_owned(),
            backend_number: proxy_number(&active.runtime, &settings.key).unwrap_or_default(),
            name: config.name.to_string(),
            number: config.number.get(),
            place: place(config, live.as_ref().and_then(|state| state.address())),
            max_connections: config.max_connections.map_or(0, NonZeroU32::get),
            connections: live.map_or(0, |state| state.served()),
        }
    }

    fn probed(&mut self, endpoint: &Subject, finding: &Finding, check: &Check) {
        // Its address may be another one by now.
        if matches!(finding.evidence.status, Status::L4Connection | Status::L4Timeout) {
            self.nudges.nudge(&endpoint.config);
        }
        let Some(state) = self.engine.live().endpoint(&endpoint.key) else { return };
        let told = endpoint.settings.log_probes && is_news(finding, state.checks().last.as_ref());
        state.count_check(probe(finding));
        // Its agent may say otherwise, or it is left out for what its exchanges come to.
        let changed = state.set_health(of_check(check), &finding.evidence.to_string());
        let change = finding.change.filter(|_| changed);
        if change.is_none() && !told {
            return;
        }
        let active = self.engine.live().active();
        let Some(backend) = active.backends.get(&endpoint.settings.key) else { return };
        let Some(endpoint) = backend.endpoints.iter().find(|it| it.config.key == endpoint.key) else {
            return;
        };
        let news = News { engine: &self.engine, active: &active };
        if told {
            news.tell_probe("Health", (backend, endpoint), finding, check);
        }
        let hidden = endpoint.is_disabled() || endpoint.state.health() == Health::Ejected;
        let Some(change) = change.filter(|_| !hidden) else { return };
        let cause = if told { Cause::Told } else { Cause::Reason(finding.evidence.reason()) };
        let happening = match change {
            health::Health::Down => Happening::Down(cause),
            health::Health::Stopping => Happening::Stopping(cause),
            health::Health::Up => Happening::Up(cause),
        };
        news.tell(backend, endpoint, &happening);
    }
}

/// Where an endpoint is, for programs; `resolved`: where its name leads.
fn place(config: &Endpoint, resolved: Option<SocketAddr>) -> Place {
    // HAProxy shows a port below nought so.
    let port = config.written_port() as u32;
    match (&config.address, resolved) {
        (EndpointAddress::Ip(address), _) => Place::Ip(address.ip(), port),
        (EndpointAddress::Host(_), Some(address)) if port == 0 => {
            Place::Ip(address.ip(), address.port().into())
        }
        (EndpointAddress::Host(_), Some(address)) => Place::Ip(address.ip(), port),
        (EndpointAddress::Host(_), None) => Place::Nowhere,
        (EndpointAddress::Unix(UnixName::Path(path)), _) => Place::Unix(path.as_os_str().as_bytes().into()),
        (EndpointAddress::Unix(UnixName::Abstract(_)), _) => Place::Unix(Box::default()),
    }
}

fn of_check(check: &Check) -> Health {
    match check.health() {
        health::Health::Up => Health::Up,
        health::Health::Stopping => Health::Stopping,
        health::Health::Down => Health::Down,
    }
}

/// Whether a probe counts, or finds something else than the one before.
pub(crate) fn is_news(finding: &Finding, before: Option<&Probe>) -> bool {
    finding.counts || before.is_none_or(|before| before.word != finding.evidence.status.code())
}

pub(crate) fn probe(finding: &Finding) -> Probe {
    let Finding { evidence, counts, .. } = finding;
    Probe {
        harms: *counts && !evidence.status.passed(),
        word: evidence.status.code(),
        status: evidence.code,
        took: evidence.took,
        info: evidence.info.clone(),
    }
}
