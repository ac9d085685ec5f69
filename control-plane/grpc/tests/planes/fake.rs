//! A control plane and a proxy without their runtimes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_core::{Entry, Snapshot};
use sluicegate_grpc::{Listening, Publisher, Settings, serve};
use sluicegate_proto::build::resource;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::{ContentHash, SetHash};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::question::Ask;
use sluicegate_proto::v1::{
    Answered, Backend, ClientSession, EndpointStats, Kind, Origin, ProxyStatus, Rejection, Report, Resource,
    Update, resource::Body,
};
use sluicegate_sync::{Applied, Apply, Client, ControlAddress, Link, Refused, Reporter, Target};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub(crate) const SCOPE: &str = "edge";

/// A snapshot of backends, by name and retries.
pub(crate) fn snapshot(backends: &[(&str, u32)]) -> Arc<Snapshot> {
    let entries = backends.iter().map(|&(name, retries)| {
        let key = ObjectKey::new("test", "", Kind::Backend, name).unwrap();
        let body = Body::Backend(Backend { retries, ..Backend::default() });
        let entry = Entry::new(resource(&key, Origin::default(), "", body).unwrap());
        (key, entry)
    });
    Arc::new(Snapshot::new(entries.collect()))
}

pub(crate) fn publisher(epoch: u64) -> Publisher {
    let settings = Settings {
        control_id: "test".into(),
        version: "0".into(),
        epoch,
        report_interval: Duration::from_millis(100),
    };
    Publisher::new(settings, [SCOPE.to_owned(), "inner".to_owned()])
}

/// A control plane that listens; it ends when this is dropped or stopped.
pub(crate) struct Control {
    pub(crate) publisher: Publisher,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Control {
    pub(crate) fn start(publisher: Publisher, listening: Listening) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = publisher.clone();
        let ended = tokio::spawn(async move {
            let shutdown = async {
                let _dropped_too = stopped.await;
            };
            serve(listening, serving, shutdown).await.unwrap();
        });
        Self { publisher, stop, ended }
    }

    pub(crate) fn unix(publisher: Publisher, path: &Path) -> Self {
        Self::start(publisher, Listening::unix(path, 0o600).unwrap())
    }

    pub(crate) fn publish(&self, backends: &[(&str, u32)]) -> Generation {
        self.publisher.publish(SCOPE, snapshot(backends)).unwrap().unwrap()
    }

    pub(crate) fn proxies(&self) -> Vec<ProxyStatus> {
        let scopes = self.publisher.status().scopes;
        scopes.into_iter().find(|scope| scope.name == SCOPE).unwrap().proxies
    }

    /// Waits until the status of the only proxy is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&ProxyStatus) -> bool) -> ProxyStatus {
        let mut turn = tokio::time::interval(Duration::from_millis(5));
        loop {
            turn.tick().await;
            if let [proxy] = &self.proxies()[..]
                && wanted(proxy)
            {
                return proxy.clone();
            }
        }
    }

    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.ended.await.unwrap();
    }
}

/// What an update looked like.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) generation: Generation,
    pub(crate) full: bool,
    pub(crate) changed: Vec<String>,
    pub(crate) removed: Vec<String>,
}

/// Serves a map. Refuses backends of 13 retries.
pub(crate) struct Map {
    pub(crate) held: Option<Generation>,
    pub(crate) resources: BTreeMap<ObjectKey, Resource>,
    seen: mpsc::Sender<Seen>,
    gate: Arc<Semaphore>,
}

impl Map {
    fn after(&self, update: &Update) -> BTreeMap<ObjectKey, Resource> {
        let mut after = if update.base.is_empty() { BTreeMap::new() } else { self.resources.clone() };
        for id in &update.removed {
            after.remove(&ObjectKey::try_from(id).unwrap()).unwrap();
        }
        let keyed = |resource: &Resource| {
            (ObjectKey::try_from(resource.id.as_ref().unwrap()).unwrap(), resource.clone())
        };
        after.extend(update.changed.iter().map(keyed));
        after
    }
}

impl Apply for Map {
    fn held(&self) -> Option<Generation> {
        self.held
    }

    async fn apply(&mut self, update: Update) -> Result<Applied, Refused> {
        let generation = Generation::try_from(update.generation.as_ref().unwrap()).unwrap();
        let name = |id: &sluicegate_proto::v1::ObjectId| id.name.clone();
        let seen = Seen {
            generation,
            full: update.base.is_empty(),
            changed: update.changed.iter().map(|resource| name(resource.id.as_ref().unwrap())).collect(),
            removed: update.removed.iter().map(name).collect(),
        };
        self.seen.send(seen).await.unwrap();
        self.gate.acquire().await.unwrap().forget();
        let after = self.after(&update);
        let set: SetHash = after
            .iter()
            .map(|(key, resource)| (key, sluicegate_proto::hash::resource_hash(resource)))
            .collect();
        let got: ContentHash = set.finish();
        if got != generation.hash {
            return Err(Refused::Hash { wanted: generation.hash, got });
        }
        let unlucky =
            |resource: &&Resource| matches!(&resource.body, Some(Body::Backend(body)) if body.retries == 13);
        let rejections: Vec<_> = update
            .changed
            .iter()
            .filter(unlucky)
            .map(|resource| Rejection {
                id: resource.id.clone(),
                reason: "unlucky".into(),
                ..Rejection::default()
            })
            .collect();
        if !rejections.is_empty() {
            return Err(Refused::Rejected(rejections));
        }
        self.resources = after;
        self.held = Some(generation);
        Ok(Applied { generation })
    }
}

pub(crate) struct OneEndpoint;

impl Reporter for OneEndpoint {
    fn report(&mut self, fresh: bool) -> Report {
        let key = ObjectKey::new("test", "", Kind::Endpoint, "app/one").unwrap();
        let endpoint = EndpointStats { id: Some((&key).into()), exchanges: 5, ..EndpointStats::default() };
        Report {
            boot_epoch: 1,
            endpoints: fresh.then_some(endpoint).into_iter().collect(),
            ..Report::default()
        }
    }

    async fn answer(&mut self, ask: Ask) -> Answered {
        match ask {
            Ask::ListSessions(list) => {
                let session = |id| ClientSession { id, ..ClientSession::default() };
                Answered { sessions: (1..=list.most).map(session).collect(), ..Answered::default() }
            }
            _ => Answered { ended: 1, ..Answered::default() },
        }
    }
}

/// A proxy that runs.
pub(crate) struct Proxy {
    pub(crate) seen: mpsc::Receiver<Seen>,
    pub(crate) link: watch::Receiver<Link>,
    /// One permit for each update that may be applied.
    pub(crate) gate: Arc<Semaphore>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Map>,
}

impl Proxy {
    pub(crate) fn start(target: Target, scope: &str, before: Option<Map>) -> Self {
        let (events, seen) = mpsc::channel(16);
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let (held, resources) = before.map(|before| (before.held, before.resources)).unwrap_or_default();
        let map = Map { held, resources, seen: events, gate: gate.clone() };
        let client = Client::new(target, settings(scope), map, OneEndpoint);
        let link = client.link();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(client.run(async {
            let _dropped_too = stopped.await;
        }));
        Self { seen, link, gate, stop, ended }
    }

    pub(crate) fn unix(path: &Path, before: Option<Map>) -> Self {
        Self::start(unix(path), SCOPE, before)
    }

    pub(crate) async fn next(&mut self) -> Seen {
        self.seen.recv().await.unwrap()
    }

    /// Waits until the control plane is away, and why.
    pub(crate) async fn away(&mut self) -> String {
        let link = self.link.wait_for(|link| matches!(link, Link::Away(_))).await.unwrap().clone();
        match link {
            Link::Away(why) => why,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn stop(self) -> Map {
        drop(self.stop);
        self.ended.await.unwrap()
    }
}

pub(crate) fn settings(scope: &str) -> sluicegate_sync::Settings {
    sluicegate_sync::Settings {
        proxy_id: "p1".into(),
        boot_epoch: 1,
        scope: scope.into(),
        version: "0".into(),
        seed: 1,
        withheld: &[],
    }
}

/// Serves nothing yet, and whatever comes.
pub(crate) fn nothing() -> Map {
    let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
    let (seen, mut seeing) = mpsc::channel(16);
    tokio::spawn(async move { while seeing.recv().await.is_some() {} });
    Map { held: None, resources: BTreeMap::new(), seen, gate }
}

pub(crate) fn unix(path: &Path) -> Target {
    Target::new(ControlAddress::Unix(path.to_owned()), None).unwrap()
}

pub(crate) fn socket(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("control.sock")
}
