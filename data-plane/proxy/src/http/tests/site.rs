//! A worker with one HTTP frontend.

use std::cell::RefCell;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;

use sluicegate_model::{Change, compile};
use sluicegate_proto::build::{ip_address, resource};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1;
use sluicegate_proto::v1::resource::Body as Resource;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::exchange::Exchange;
use crate::http::{Ask, Connection, Trace};
use crate::listen::{Attachment, Incoming, ListenerId};
use crate::live::{Active, Gate, Generation, Taking};
use crate::stream::{Fresh, Peer, Stream};
use crate::termination::Phase;
use crate::worker::{Shared, Worker};

pub(super) use super::peers::{Client, Named, Origin, Received};

const LISTENER: ListenerId = ListenerId(1);

/// Runs a test on a paused clock, which jumps to the next timer whenever all tasks wait.
pub(super) fn run<F: Future>(test: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_unpark(Clock::woken)
        .build()
        .unwrap();
    runtime.block_on(LocalSet::new().run_until(async {
        // A test that hangs has no timer, so the clock jumps to this one.
        let bounded = tokio::time::timeout(std::time::Duration::from_secs(24 * 3600), test);
        bounded.await.expect("the test hangs")
    }))
}

/// What a generation of the site consists of.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) frontend: v1::Frontend,
    pub(super) backend: v1::Backend,
    pub(super) endpoints: Vec<v1::Endpoint>,
    pub(super) blobs: Vec<v1::Resource>,
}

pub(super) fn key(kind: v1::Kind, name: &str) -> ObjectKey {
    ObjectKey::new("test", "", kind, name).unwrap()
}

pub(super) fn origin() -> v1::Origin {
    v1::Origin { place: Some(v1::origin::Place::Option("test".into())) }
}

impl Plan {
    /// One frontend, one backend, these servers.
    pub(super) fn new(servers: &[SocketAddr]) -> Self {
        let backend = key(v1::Kind::Backend, "app");
        let frontend = v1::Frontend {
            mode: v1::Mode::Http.into(),
            default_backend: Some((&backend).into()),
            timeouts: Some(v1::Timeouts::default()),
            ..Default::default()
        };
        let balance = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
        let app = v1::Backend {
            mode: v1::Mode::Http.into(),
            timeouts: Some(v1::Timeouts::default()),
            balance: Some(v1::Balance { algorithm: Some(balance) }),
            retries: 3,
            ..Default::default()
        };
        let endpoints = (1..).zip(servers).map(|(number, server)| v1::Endpoint {
            backend: Some((&backend).into()),
            name: format!("s{number}"),
            number,
            address: Some(v1::endpoint::Address::Ip(ip_address(*server))),
            weight: 1,
            ..Default::default()
        });
        Self { frontend, backend: app, endpoints: endpoints.collect(), blobs: Vec::new() }
    }

    pub(super) fn timeouts(mut self, set: impl Fn(&mut v1::Timeouts)) -> Self {
        set(self.frontend.timeouts.get_or_insert_default());
        set(self.backend.timeouts.get_or_insert_default());
        self
    }

    fn resources(&self) -> Vec<v1::Resource> {
        let made =
            |kind, name: &str, order: &str, body| resource(&key(kind, name), origin(), order, body).unwrap();
        let mut resources = vec![
            made(v1::Kind::Frontend, "main", "", Resource::Frontend(self.frontend.clone())),
            made(v1::Kind::Backend, "app", "", Resource::Backend(self.backend.clone())),
        ];
        for endpoint in &self.endpoints {
            let name = format!("app/{}", endpoint.name);
            resources.push(made(
                v1::Kind::Endpoint,
                &name,
                &endpoint.name,
                Resource::Endpoint(endpoint.clone()),
            ));
        }
        resources.extend(self.blobs.iter().cloned());
        resources
    }
}

/// What is remembered of an exchange that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) status: Option<u16>,
    pub(super) termination: String,
    pub(super) retries: u32,
    pub(super) redispatched: bool,
    pub(super) server: Option<String>,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) number: u32,
}

/// Notes phases and ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    pub(super) ended: Rc<RefCell<Vec<Ended>>>,
    pub(super) phases: Rc<RefCell<Vec<Phase>>>,
}

impl Recorder {
    /// Whether so many exchanges end within a while.
    pub(super) async fn until_ended(&self, count: usize) -> bool {
        for _ in 0..100 {
            if self.ended.borrow().len() >= count {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        false
    }
}

impl Trace for Recorder {
    fn entered(&self, phase: Phase, _: Instant, exchange: &Exchange) {
        self.phases.borrow_mut().push(phase);
        if phase == Phase::Done {
            self.ended.borrow_mut().push(Ended {
                status: exchange.status,
                termination: exchange.termination.to_string(),
                retries: exchange.retries,
                redispatched: exchange.redispatched,
                server: exchange.endpoint.as_ref().map(|endpoint| endpoint.name().to_owned()),
                bytes_in: exchange.bytes_in,
                bytes_out: exchange.bytes_out,
                number: exchange.number,
            });
        }
    }
}

/// A worker that serves one plan.
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) worker: Rc<Worker>,
    pub(super) record: Recorder,
    serial: u64,
    /// The socket that clients came in by is closed.
    pub(super) closed: bool,
}

impl Site {
    pub(super) async fn start(plan: Plan) -> Self {
        Self::start_with(plan, crate::fixture::shared()).await
    }

    /// And who answers questions about the proxy.
    pub(super) async fn start_asked(plan: Plan) -> (Self, mpsc::Receiver<Ask>) {
        let (services, asks) = mpsc::channel(1);
        (Self::start_with(plan, Shared { services, ..crate::fixture::shared() }).await, asks)
    }

    async fn start_with(plan: Plan, shared: Shared) -> Self {
        let mut site = Self::serve(Worker::new(0, Arc::new(shared))).await;
        site.commit(&plan);
        site
    }

    /// Two workers that serve the same.
    pub(super) async fn start_two(plan: Plan) -> [Self; 2] {
        let first = Self::start_with(plan, crate::fixture::shared_by(2)).await;
        let second = Self::serve(Worker::new(1, Arc::clone(&first.worker.shared))).await;
        [first, second]
    }

    async fn serve(worker: Rc<Worker>) -> Self {
        let record = Recorder::default();
        worker.http.trace.set(Box::new(record.clone())).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let site = Self { address: listener.local_addr().unwrap(), worker, record, serial: 0, closed: false };
        let worker = Rc::clone(&site.worker);
        tokio::task::spawn_local(async move {
            loop {
                let (stream, client) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let gate = Arc::new(Gate::default());
                let place = || gate.try_enter().unwrap();
                worker.spawn(Connection::new(
                    Rc::clone(&worker),
                    Incoming {
                        announced: None,
                        stream: Stream::Fresh(Fresh::accepted(stream.into_std().unwrap().into(), false)),
                        client: Peer::Ip(client),
                        accepted: Instant::now(),
                        attachment: Attachment::new(&worker, LISTENER).unwrap(),
                        places: Some([place(), place(), place()]),
                    },
                ));
            }
        });
        site
    }

    /// Puts a plan into force.
    pub(super) fn commit(&mut self, plan: &Plan) {
        let runtime = compile(None, Change::Full(&plan.resources())).unwrap();
        self.serial += 1;
        let live = &self.worker.shared.live;
        let draft = live.draft(Arc::new(runtime));
        let frontend = Arc::clone(&draft.frontends[&key(v1::Kind::Frontend, "main")]);
        let taking = Taking { frontend, entry: None };
        live.commit(
            Active {
                generation: Generation { number: self.serial, hash: [0; 4] },
                serial: self.serial,
                runtime: draft.runtime,
                frontends: draft.frontends,
                backends: draft.backends,
                warm: Box::default(),
                caches: Default::default(),
                // As the engine does it: a disabled frontend listens nowhere, and then on a socket of another number.
                listeners: match (taking.frontend.settings().disabled, self.closed) {
                    (true, _) => [].into_iter().collect(),
                    (false, true) => [(ListenerId(LISTENER.0 + 1), taking)].into_iter().collect(),
                    (false, false) => [(LISTENER, taking)].into_iter().collect(),
                },
            },
            1_000,
        );
    }

    pub(super) async fn client(&self) -> Client {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    pub(super) fn frontend(&self) -> Arc<crate::live::LiveFrontend> {
        self.worker.with_active(|active| Arc::clone(&active.frontends[&key(v1::Kind::Frontend, "main")]))
    }

    /// What the log would show.
    pub(super) fn ended(&self) -> Vec<Ended> {
        self.record.ended.borrow().clone()
    }

    /// The ends as `status termination`.
    pub(super) fn outcomes(&self) -> Vec<String> {
        let ended = self.ended();
        ended.iter().map(|end| format!("{} {}", end.status.unwrap_or(0), end.termination)).collect()
    }
}
