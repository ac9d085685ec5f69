//! Generations for tests, through the compiler as in earnest.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use sluicegate_model::{Change, Runtime, compile};
use sluicegate_proto::build;
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Kind, Origin, Resource};
use socket2::{Domain, Socket, Type};

use crate::counters::Sharded;
use crate::live::Live;
use crate::log::Ring;
use crate::pool::Shelves;
use crate::worker::Shared;

/// The key of an object.
pub(crate) fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("test", "", kind, name).unwrap()
}

/// Any port of the loopback.
pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// Resources of one generation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site {
    resources: Vec<Resource>,
}

impl Site {
    fn add(mut self, key: &ObjectKey, order: &str, body: Body) -> Self {
        self.resources.push(build::resource(key, Origin::default(), order, body).unwrap());
        self
    }

    /// A TCP listener.
    pub(crate) fn listener(self, name: &str, address: &str, frontend: &str) -> Self {
        let address = build::ip_address(address.parse().unwrap());
        self.listener_at(name, v1::listener::Address::Ip(address), frontend)
    }

    /// A TCP listener that takes so many connections at one time.
    pub(crate) fn limited_listener(self, name: &str, address: &str, frontend: &str, limit: u32) -> Self {
        let address = v1::listener::Address::Ip(build::ip_address(address.parse().unwrap()));
        self.listener_with(name, address, frontend, limit)
    }

    pub(crate) fn listener_at(self, name: &str, address: v1::listener::Address, frontend: &str) -> Self {
        self.listener_with(name, address, frontend, 0)
    }

    fn listener_with(self, name: &str, address: v1::listener::Address, frontend: &str, limit: u32) -> Self {
        self.listener_that(name, frontend, |listener| {
            (listener.address, listener.max_connections) = (Some(address), limit);
        })
    }

    /// A TCP listener on any port.
    pub(crate) fn listener_that(
        self,
        name: &str,
        frontend: &str,
        change: impl FnOnce(&mut v1::Listener),
    ) -> Self {
        let address = v1::listener::Address::Ip(build::ip_address(ANY_PORT.parse().unwrap()));
        let mut listener = v1::Listener {
            address: Some(address),
            frontend: Some((&key(Kind::Frontend, frontend)).into()),
            ..v1::Listener::default()
        };
        change(&mut listener);
        self.add(&key(Kind::Listener, name), "", Body::Listener(listener))
    }

    /// A frontend in TCP mode.
    pub(crate) fn frontend(self, name: &str, backend: &str, change: impl FnOnce(&mut v1::Frontend)) -> Self {
        let mut frontend = v1::Frontend {
            mode: v1::Mode::Tcp.into(),
            default_backend: Some((&key(Kind::Backend, backend)).into()),
            ..v1::Frontend::default()
        };
        change(&mut frontend);
        self.add(&key(Kind::Frontend, name), "", Body::Frontend(frontend))
    }

    /// A backend in TCP mode, round robin.
    pub(crate) fn backend(self, name: &str, change: impl FnOnce(&mut v1::Backend)) -> Self {
        let mut backend = v1::Backend {
            mode: v1::Mode::Tcp.into(),
            balance: Some(v1::Balance {
                algorithm: Some(v1::balance::Algorithm::RoundRobin(v1::RoundRobin {})),
            }),
            ..v1::Backend::default()
        };
        change(&mut backend);
        self.add(&key(Kind::Backend, name), "", Body::Backend(backend))
    }

    /// An endpoint named `BACKEND/NAME`.
    pub(crate) fn endpoint(
        self,
        backend: &str,
        name: &str,
        address: SocketAddr,
        change: impl FnOnce(&mut v1::Endpoint),
    ) -> Self {
        let number = u32::try_from(self.resources.len()).unwrap() + 1;
        let mut endpoint = v1::Endpoint {
            backend: Some((&key(Kind::Backend, backend)).into()),
            name: name.to_owned(),
            number,
            address: Some(v1::endpoint::Address::Ip(build::ip_address(address))),
            weight: 1,
            ..v1::Endpoint::default()
        };
        change(&mut endpoint);
        let order = format!("{:08}", endpoint.number);
        self.add(&endpoint_key(backend, name), &order, Body::Endpoint(endpoint))
    }

    /// Compiled from nothing.
    pub(crate) fn runtime(&self) -> Arc<Runtime> {
        Arc::new(compile(None, Change::Full(&self.resources)).unwrap())
    }

    /// Compiled upon another, sharing what is the same.
    pub(crate) fn runtime_after(&self, previous: &Runtime) -> Arc<Runtime> {
        Arc::new(compile(Some(previous), Change::Full(&self.resources)).unwrap())
    }
}

/// The key of an endpoint that [`Site::endpoint`] made.
pub(crate) fn endpoint_key(backend: &str, name: &str) -> ObjectKey {
    key(Kind::Endpoint, &format!("{backend}/{name}"))
}

/// An address that nobody connects to.
pub(crate) fn nowhere(number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, number], 9))
}

/// What one worker shares with none.
pub(crate) fn shared() -> Shared {
    shared_by(1)
}

/// What so many workers share.
pub(crate) fn shared_by(workers: usize) -> Shared {
    Shared {
        services: tokio::sync::mpsc::channel(1).0,
        live: Live::new(workers),
        counters: Sharded::new(workers),
        gate: Arc::default(),
        tasks: Arc::default(),
        doors: Arc::default(),
        most_idle: 0.into(),
        shelves: Shelves::of(workers),
        rings: (0..workers).map(|_| Arc::new(Ring::new(Arc::default()))).collect(),
        names: Arc::default(),
        lost_lines: Arc::default(),
        captures: crate::errors::Captures::default(),
        host: "host".into(),
        beats: Box::default(),
        failed_resolutions: Arc::default(),
        compressors: Default::default(),
    }
}

/// A listener whose queue is full: the kernel drops further attempts.
pub(crate) struct Deaf {
    pub(crate) address: SocketAddr,
    _sockets: Vec<Socket>,
}

impl Deaf {
    pub(crate) fn start() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let fillers = (0..4).map(|_| {
            let filler = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None).unwrap();
            let _ = filler.connect(&address.into());
            filler
        });
        Self { address, _sockets: fillers.chain([listener]).collect() }
    }
}
