//! The control plane as one task: loads come in, snapshots go out.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sluicegate_core::Shared;
use sluicegate_grpc::Publisher;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::identity::DEFAULT_SCOPE;
use sluicegate_proto::v1::{self, resource::Body};
use sluicegate_provider_docker::connection::Way;
use sluicegate_provider_docker::engine;
use sluicegate_provider_docker::entry::{self, EntryPoints};
use sluicegate_provider_docker::explain::Containers;
use sluicegate_provider_docker::reach::Reach;
use sluicegate_provider_docker::vocabulary::Vocabularies;
use sluicegate_provider_docker::wanted::Mode;
use sluicegate_provider_file::load::{Inputs, Loaded};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::admin_http;
use crate::console::{Asked, Clerk, Request, Seen};
use crate::entrypoint::{self, EntryPoint};
use crate::files::{self, Guard, Receivers, Reload};
use crate::pipeline::{Load, Pipeline, Proposal};

/// Loads that may wait to be taken.
const LOADS: usize = 64;
/// How long the first snapshot waits for sources that have not spoken yet: what would be missing from it is not served.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at what will have expired soon.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3600);

/// Where the configuration comes from.
#[derive(Debug)]
pub struct Sources {
    /// Files, with what the caller has read already and when to read again.
    pub files: Option<(Inputs, Loaded, Reload)>,
    /// Labelled containers.
    pub docker: Option<Docker>,
    /// Named listeners.
    pub entrypoints: Vec<EntryPoint>,
    /// Files and folders of certificates, for those of TLS.
    pub certificates: Vec<PathBuf>,
    /// Where monitoring is answered.
    pub admin_http: Option<SocketAddr>,
}

/// Which engine, and what of its containers is served how.
#[derive(Debug)]
pub struct Docker {
    /// The way to the engine.
    pub way: Way,
    /// By which addresses containers are reached.
    pub reach: Reach,
    /// In which vocabularies containers say what they want.
    pub vocabularies: Vocabularies,
    /// How long the routes of containers that have gone stay.
    pub grace: Duration,
    /// Where it is kept who has gone; `None`: nowhere.
    pub kept: Option<PathBuf>,
}

/// Runs until the future is dropped, also when no source has anything more to say.
pub async fn run(sources: Sources, publisher: Publisher, clerk: Clerk) {
    let (sender, mut loads) = mpsc::channel(LOADS);
    let Clerk { seen, wishes, mut requests } = clerk;
    let given = entrypoint::names(&sources.entrypoints);
    let attach = watch::Sender::new(given.clone());
    let mut control = Control { pipeline: Pipeline::default(), publisher, seen, given, attach };
    admin_http::load(sources.admin_http).into_iter().for_each(|load| control.take(load));
    control.open(&sources, &sender);
    let mut awaited = begin(sources, sender, wishes, control.attach.subscribe(), &control.publisher);
    if awaited.is_empty() {
        control.settle();
    }
    let mut looks = tokio::time::interval(BETWEEN_LOOKS);
    loop {
        let load = tokio::select! {
            load = next(&mut loads, &awaited) => load,
            Some(request) = requests.recv() => {
                control.set(request);
                continue;
            }
            _ = looks.tick() => {
                control.tell_ending();
                continue;
            }
        };
        let Some(load) = load else { break };
        let mut batch: Vec<Load> = load.into_iter().collect();
        while let Ok(load) = loads.try_recv() {
            batch.push(load);
        }
        if batch.is_empty() {
            tracing::warn!("still waiting for {}; what it has is not served yet", awaited.join(", "));
            awaited.clear();
        }
        for load in batch {
            awaited.retain(|source| *source != load.source);
            control.take(load);
        }
        if awaited.is_empty() {
            control.settle();
        }
    }
    // Sources have nothing more to say; operators may.
    loop {
        tokio::select! {
            Some(request) = requests.recv() => control.set(request),
            _ = looks.tick() => control.tell_ending(),
        }
    }
}

/// The next load; `Some(None)` where a source that is awaited has been silent for too long.
async fn next(loads: &mut mpsc::Receiver<Load>, awaited: &[&'static str]) -> Option<Option<Load>> {
    if awaited.is_empty() {
        return loads.recv().await.map(Some);
    }
    match timeout(FIRST_PATIENCE, loads.recv()).await {
        Ok(load) => load.map(Some),
        Err(_) => Some(None),
    }
}

/// Starts a task for each source; the names of those that will speak.
fn begin(
    sources: Sources,
    loads: mpsc::Sender<Load>,
    console: watch::Sender<Asked>,
    attach: watch::Receiver<EntryPoints>,
    publisher: &Publisher,
) -> Vec<&'static str> {
    let mut awaited = Vec::new();
    let Sources { files, docker, entrypoints, certificates: _, admin_http: _ } = sources;
    let guard = Guard::new(entrypoints.is_empty());
    if let Some((inputs, first, reload)) = files {
        awaited.push(files::SOURCE);
        let to = Receivers { loads: loads.clone(), console };
        tokio::spawn(async move {
            if let Err(error) = files::follow(inputs, first, reload, guard, to).await {
                tracing::error!(%error, "files cannot be watched; changes to them are not seen");
            }
        });
    }
    if let Some(Docker { way, reach, vocabularies, grace, kept }) = docker {
        awaited.push(sluicegate_provider_docker::PROVIDER);
        let seen = containers(publisher);
        let settings = engine::Settings { way, entrypoints: attach, reach, vocabularies, grace, kept, seen };
        tokio::spawn(crate::docker::follow(settings, loads));
    }
    awaited
}

/// What is known of containers goes there, and is told to operators who ask.
fn containers(publisher: &Publisher) -> watch::Sender<Containers> {
    let (sender, seen) = watch::channel(Containers::default());
    publisher.containers(move |container| seen.borrow().explain(container));
    sender
}

struct Control {
    pipeline: Pipeline,
    publisher: Publisher,
    seen: watch::Sender<Seen>,
    /// Entry points of the command line.
    given: EntryPoints,
    /// The same, with the frontends of files.
    attach: watch::Sender<EntryPoints>,
}

impl Control {
    /// Takes in the entry points, and follows their certificates.
    fn open(&mut self, sources: &Sources, loads: &mpsc::Sender<Load>) {
        let Sources { entrypoints, certificates, .. } = sources;
        if entrypoints.is_empty() {
            return;
        }
        let (load, seen) = entrypoint::load(entrypoints, certificates);
        self.take(load);
        if seen.paths().next().is_none() {
            return;
        }
        let follow = entrypoint::follow(entrypoints.clone(), certificates.clone(), seen, loads.clone());
        tokio::spawn(async move {
            if let Err(error) = follow.await {
                tracing::error!(%error, "certificates cannot be watched; changes to them are not seen");
            }
        });
    }

    fn take(&mut self, load: Load) {
        self.tell(&load);
        if load.source == files::SOURCE {
            self.attach_to(load.fragments.as_deref().unwrap_or_default());
        }
        self.pipeline.take(load, now_unix_ms());
    }

    /// Routes may attach to frontends of files too, by their names. Where files were refused, to those of before.
    fn attach_to(&self, fragments: &[Shared]) {
        if fragments.is_empty() {
            return;
        }
        let mut names = self.given.clone();
        let resources = fragments.iter().flat_map(|fragment| &fragment.resources);
        for (id, frontend) in resources.filter_map(|resource| frontend(resource)) {
            let mode = match v1::Mode::try_from(frontend.mode) {
                Ok(v1::Mode::Tcp) => Mode::Tcp,
                Ok(v1::Mode::Udp) => Mode::Udp,
                _ => Mode::Http,
            };
            names.add(&id.name, entry::EntryPoint { provider: id.provider.clone(), mode });
        }
        self.attach.send_if_modified(|known| {
            let other = *known != names;
            *known = names;
            other
        });
    }

    /// Findings go to the log as they were drawn.
    fn tell(&self, load: &Load) {
        let findings = load.diagnostics.join("\n");
        if load.fragments.is_some() {
            if !findings.is_empty() {
                tracing::warn!("{}:\n{findings}", load.source);
            }
            return;
        }
        tracing::error!("{}:\n{findings}", load.source);
        self.refuse();
    }

    fn refuse(&self) {
        match self.publisher.newest(DEFAULT_SCOPE) {
            Some(newest) => {
                tracing::error!("configuration refused, generation {} serves on", newest.generation)
            }
            None => tracing::error!("configuration refused, nothing is served yet"),
        }
    }

    /// Publishes what the loads come to; the generation, where it is another. What is not published changes nothing.
    fn publish(&mut self) -> Result<Option<Generation>, Vec<String>> {
        let proposal = self.pipeline.propose(now_unix_ms())?;
        self.put(proposal)
    }

    /// As [`Control::publish`], of what an operator set: what does not compile is refused, not held back.
    fn publish_set(&mut self) -> Result<Option<Generation>, Vec<String>> {
        let proposal = self.pipeline.propose(now_unix_ms())?;
        match self.pipeline.newly_held(&proposal) {
            Some(reason) => Err(vec![reason]),
            None => self.put(proposal),
        }
    }

    fn put(&mut self, proposal: Proposal) -> Result<Option<Generation>, Vec<String>> {
        let published = self.publisher.publish(DEFAULT_SCOPE, Arc::clone(proposal.snapshot()));
        let generation = published.map_err(|error| vec![error.to_string()])?;
        self.pipeline.accept(proposal, now_unix_ms());
        Ok(generation)
    }

    fn settle(&mut self) {
        match self.publish() {
            Ok(None) => {}
            Ok(Some(generation)) => tracing::info!("published generation {generation}"),
            Err(reasons) => {
                tracing::error!("{}", reasons.join("\n"));
                self.refuse();
            }
        }
        self.publisher.providers(self.pipeline.sources());
        self.publisher.quarantined(self.pipeline.quarantined());
        self.tell_ending();
        self.show();
    }

    fn tell_ending(&mut self) {
        for line in self.pipeline.newly_ending(now_unix_ms()) {
            tracing::warn!("{line}");
        }
    }

    /// Sets what an operator asks for; where it cannot be published, nothing.
    fn set(&mut self, request: Request) {
        let before = self.pipeline.overrides().clone();
        let done = self.pipeline.set(&request.values, now_unix_ms()).map_err(|refused| refused.to_string());
        let done = done.and_then(|()| match self.publish_set() {
            Ok(Some(generation)) => {
                let words =
                    request.values.iter().map(|(key, value)| format!("{key}: {} {value}", value.field()));
                tracing::info!(
                    "set {}: {}; generation {generation}",
                    request.by,
                    words.collect::<Vec<_>>().join(", ")
                );
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(reasons) => {
                self.pipeline.restore(before);
                Err(reasons.join("; "))
            }
        });
        self.show();
        // Who asked may be gone.
        let _ = request.reply.send(done);
    }

    /// Shows what is served to the console, and what was set to the status.
    fn show(&self) {
        let overrides = self.pipeline.overrides();
        self.publisher.overrides(overrides.status());
        let runtime = Arc::clone(self.pipeline.runtime());
        self.seen.send_replace(Seen { runtime, overrides: Arc::new(overrides.clone()) });
    }
}

/// Frontends without a namespace: what names them in a label names no other.
fn frontend(resource: &v1::Resource) -> Option<(&v1::ObjectId, &v1::Frontend)> {
    match &resource.body {
        Some(Body::Frontend(frontend)) => {
            Some((resource.id.as_ref().filter(|id| id.namespace.is_empty())?, frontend))
        }
        _ => None,
    }
}

/// Milliseconds since 1970.
pub fn now_unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
