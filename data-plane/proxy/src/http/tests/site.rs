//! A worker with one HTTP frontend, servers that say what a test tells them, and a client.

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
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::clock::Clock;
use crate::exchange::Exchange;
use crate::h1::{Asked, Body, Framing, Head, Limits, Method, Parsed};
use crate::http::{Connection, Trace};
use crate::listen::{Attachment, Incoming, ListenerId};
use crate::live::{Active, Gate, Generation};
use crate::stream::{Peer, Stream};
use crate::termination::Phase;
use crate::worker::Worker;

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
}

impl Site {
    pub(super) async fn start(plan: Plan) -> Self {
        let worker = Worker::new(0, Arc::new(crate::fixture::shared()));
        let record = Recorder::default();
        worker.http.trace.set(Box::new(record.clone())).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut site = Self { address: listener.local_addr().unwrap(), worker, record, serial: 0 };
        site.commit(&plan);
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
                        stream: Stream::Tcp(stream),
                        client: Peer::Ip(client),
                        accepted: Instant::now(),
                        attachment: Attachment::new(&worker, LISTENER).unwrap(),
                        places: [place(), place(), place()],
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
        live.commit(Active {
            generation: Generation { number: self.serial, hash: [0; 4] },
            serial: self.serial,
            runtime: draft.runtime,
            frontends: draft.frontends,
            backends: draft.backends,
            listeners: [(LISTENER, frontend)].into_iter().collect(),
        });
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

/// A server under the test's hands.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    listener: TcpListener,
}

impl Origin {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self { address: listener.local_addr().unwrap(), listener }
    }

    pub(super) async fn accept(&self) -> Client {
        Client::new(self.listener.accept().await.unwrap().0)
    }

    /// Nobody connects while everything else comes to rest.
    pub(super) async fn is_untouched(&self) -> bool {
        tokio::time::timeout(std::time::Duration::from_millis(50), self.listener.accept()).await.is_err()
    }
}

/// A server that answers every request with its name, and counts connections and requests.
pub(super) struct Named {
    pub(super) address: SocketAddr,
    pub(super) connections: Rc<RefCell<u32>>,
    pub(super) requests: Rc<RefCell<Vec<String>>>,
}

impl Named {
    pub(super) async fn start(name: &'static str) -> Self {
        let origin = Origin::start().await;
        let address = origin.address;
        let (connections, requests) = (Rc::<RefCell<u32>>::default(), Rc::<RefCell<Vec<String>>>::default());
        let (counted, seen) = (Rc::clone(&connections), Rc::clone(&requests));
        tokio::task::spawn_local(async move {
            loop {
                let mut connection = origin.accept().await;
                *counted.borrow_mut() += 1;
                let seen = Rc::clone(&seen);
                tokio::task::spawn_local(async move {
                    while let Some(request) = connection.try_request().await {
                        let close = request.head.to_ascii_lowercase().contains("connection: close");
                        seen.borrow_mut().push(request.head);
                        let length = name.len();
                        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{name}");
                        connection.send(answer.as_bytes()).await;
                        if close {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, connections, requests }
    }
}

/// A message as it was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) head: String,
    /// As it was on the wire.
    pub(super) raw: String,
    /// Without coding.
    pub(super) body: Vec<u8>,
}

impl Received {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn has(&self, line: &str) -> bool {
        self.head.split("\r\n").any(|it| it.eq_ignore_ascii_case(line))
    }
}

/// One end of a connection.
pub(super) struct Client {
    pub(super) stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends a GET and reads the response.
    pub(super) async fn get(&mut self, path: &str) -> Received {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        self.response().await
    }

    /// Has a GET served by `server`, with the path's last letter.
    pub(super) async fn get_from(&mut self, server: &mut Client, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        server.request().await;
        server.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", &path[path.len() - 1..])).await;
        self.response().await.text().to_owned()
    }

    async fn fill(&mut self) -> bool {
        self.unread.reserve(16 * 1024);
        self.stream.read_buf(&mut self.unread).await.unwrap_or(0) > 0
    }

    /// Reads exactly so many bytes.
    pub(super) async fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert!(self.fill().await, "closed after {:?}", String::from_utf8_lossy(&self.unread));
        }
        self.unread.drain(..count).collect()
    }

    /// Everything until the other side closes.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.unread)
    }

    /// The other side has closed, and sent nothing more.
    pub(super) async fn is_closed(&mut self) -> bool {
        self.rest().await.is_empty()
    }

    pub(super) async fn request(&mut self) -> Received {
        self.try_request().await.expect("closed without a request")
    }

    pub(super) async fn try_request(&mut self) -> Option<Received> {
        self.message(|head, buf, limits| head.parse_request(buf, limits), Framing::of_request).await
    }

    pub(super) async fn response(&mut self) -> Received {
        self.response_to(Method::Get).await
    }

    pub(super) async fn response_to(&mut self, method: Method) -> Received {
        let asked = Asked { method, upgrade: true };
        let framing = |head: &Head| match head.is_interim() {
            true => Framing::Empty,
            false => Framing::of_response(head, asked).unwrap(),
        };
        self.message(|head, buf, limits| head.parse_response(buf, limits), framing)
            .await
            .expect("closed without a response")
    }

    async fn message(
        &mut self,
        parse: impl Fn(&mut Head, &[u8], &Limits) -> Result<Parsed, crate::h1::InvalidHead>,
        framing: impl Fn(&Head) -> Framing,
    ) -> Option<Received> {
        let head_len = loop {
            let mut head = Head::new();
            let parsed = parse(&mut head, &self.unread, &Limits::default());
            match parsed
                .unwrap_or_else(|invalid| panic!("{invalid} in {:?}", String::from_utf8_lossy(&self.unread)))
            {
                Parsed::Complete { head_len } => break head_len,
                Parsed::Partial => {
                    if !self.fill().await {
                        assert!(self.unread.is_empty(), "{:?}", String::from_utf8_lossy(&self.unread));
                        return None;
                    }
                }
            }
        };
        let mut head = Head::new();
        parse(&mut head, &self.unread, &Limits::default()).unwrap();
        let framing = framing(&head);
        let bytes: Vec<u8> = self.unread.drain(..head_len).collect();
        let head = String::from_utf8(bytes).unwrap();
        let (raw, body) = match framing {
            Framing::Tunnel => (Vec::new(), Vec::new()),
            Framing::UntilClose => {
                let all = self.rest().await;
                (all.clone(), all)
            }
            _ => self.body(framing).await,
        };
        Some(Received { head, raw: String::from_utf8_lossy(&raw).into_owned(), body })
    }

    async fn body(&mut self, framing: Framing) -> (Vec<u8>, Vec<u8>) {
        let (mut raw, mut content) = (Vec::new(), Vec::new());
        let mut body = Body::new(framing);
        while !body.is_done() {
            if self.unread.is_empty() {
                assert!(self.fill().await, "closed within a body");
            }
            let used = match &mut body {
                Body::Chunked(chunked) => {
                    let step = chunked.step(&self.unread).unwrap();
                    content.extend_from_slice(&self.unread[step.data.clone()]);
                    step.used
                }
                body => {
                    let used = body.feed(&self.unread).unwrap().used;
                    content.extend_from_slice(&self.unread[..used]);
                    used
                }
            };
            raw.extend(self.unread.drain(..used));
        }
        (raw, content)
    }
}
