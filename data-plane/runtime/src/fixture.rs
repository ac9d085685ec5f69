//! Updates for tests, as a control plane would send them.

use std::net::SocketAddr;
use std::sync::Arc;

use sluicegate_engine::engine::{Engine, Settings};
use sluicegate_proto::build;
use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::{resource_hash, snapshot_hash};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::resource::Body;
use sluicegate_proto::v1::{self, Kind, Origin, Resource, Update};
use tokio::sync::watch;

use crate::apply::{Applier, Served};

/// Any port of the loopback.
pub(crate) const ANY_PORT: &str = "127.0.0.1:0";

/// The key of an object.
pub(crate) fn key(kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new("test", "", kind, name).unwrap()
}

/// The key of an endpoint that [`Site::endpoint`] made.
pub(crate) fn endpoint_key(backend: &str, name: &str) -> ObjectKey {
    key(Kind::Endpoint, &format!("{backend}/{name}"))
}

/// Resources of one generation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Site {
    pub(crate) resources: Vec<Resource>,
}

impl Site {
    /// A listener, written in line 7 of site.cfg.
    pub(crate) fn listener(self, name: &str, address: &str, frontend: &str) -> Self {
        let address = build::ip_address(address.parse().unwrap());
        let listener = v1::Listener {
            address: Some(v1::listener::Address::Ip(address)),
            frontend: Some((&key(Kind::Frontend, frontend)).into()),
            ..v1::Listener::default()
        };
        self.add(&key(Kind::Listener, name), "", Body::Listener(listener))
    }

    /// A frontend that answers each request with this text.
    pub(crate) fn answering(self, name: &str, text: &'static str) -> Self {
        let reply = v1::Reply {
            status: 200,
            content_type: "text/plain".to_owned(),
            content: Some(v1::reply::Content::Text(text.into())),
            ..v1::Reply::default()
        };
        let rule = v1::Rule { when: None, action: Some(v1::rule::Action::Return(reply)) };
        let frontend = v1::Frontend {
            mode: v1::Mode::Http.into(),
            request_rules: vec![rule],
            ..v1::Frontend::default()
        };
        self.add(&key(Kind::Frontend, name), "", Body::Frontend(frontend))
    }

    /// A frontend that sends each request to this backend.
    pub(crate) fn forwarding(self, name: &str, backend: &str) -> Self {
        let frontend = v1::Frontend {
            mode: v1::Mode::Http.into(),
            default_backend: Some((&key(Kind::Backend, backend)).into()),
            ..v1::Frontend::default()
        };
        self.add(&key(Kind::Frontend, name), "", Body::Frontend(frontend))
    }

    /// A backend in TCP mode, round robin.
    pub(crate) fn backend(self, name: &str, change: impl FnOnce(&mut v1::Backend)) -> Self {
        let algorithm = v1::balance::Algorithm::RoundRobin(v1::RoundRobin {});
        let mut backend = v1::Backend {
            mode: v1::Mode::Tcp.into(),
            balance: Some(v1::Balance { algorithm: Some(algorithm) }),
            ..v1::Backend::default()
        };
        change(&mut backend);
        self.add(&key(Kind::Backend, name), "", Body::Backend(backend))
    }

    /// A checked endpoint: every 2 s, rise 2, fall 3.
    pub(crate) fn endpoint(
        self,
        backend: &str,
        name: &str,
        address: SocketAddr,
        change: impl FnOnce(&mut v1::Endpoint),
    ) -> Self {
        let number = u32::try_from(self.resources.len()).unwrap() + 1;
        let check =
            v1::CheckSchedule { interval_ms: 2_000, rise: 2, fall: 3, ..v1::CheckSchedule::default() };
        let mut endpoint = v1::Endpoint {
            backend: Some((&key(Kind::Backend, backend)).into()),
            name: name.to_owned(),
            number,
            address: Some(v1::endpoint::Address::Ip(build::ip_address(address))),
            weight: 1,
            check: Some(check),
            ..v1::Endpoint::default()
        };
        change(&mut endpoint);
        self.add(&endpoint_key(backend, name), &format!("{number:08}"), Body::Endpoint(endpoint))
    }

    fn add(mut self, key: &ObjectKey, order: &str, body: Body) -> Self {
        let file = v1::origin::File { path: "site.cfg".to_owned(), line: 7 };
        let origin = Origin { place: Some(v1::origin::Place::File(file)) };
        self.resources.push(build::resource(key, origin, order, body).unwrap());
        self
    }

    /// The name of a generation with this content.
    pub(crate) fn generation(&self, number: u64) -> Generation {
        let keyed: Vec<_> =
            self.resources.iter().map(|it| (it.id.as_ref().unwrap().try_into().unwrap(), it)).collect();
        let hash = snapshot_hash(keyed.iter().map(|(key, resource)| (key, resource_hash(resource))));
        Generation { epoch: 1, number, hash }
    }

    /// All of it.
    pub(crate) fn update(&self, number: u64) -> Update {
        Update {
            generation: Some(self.generation(number).into()),
            changed: self.resources.clone(),
            ..Update::default()
        }
    }
}

/// An endpoint's address that nobody connects to.
pub(crate) fn nowhere(number: u8) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, number], 9))
}

/// An engine with one worker, and who feeds it.
pub(crate) fn applier() -> (Arc<Engine>, Applier, watch::Receiver<Option<Served>>) {
    let engine = Arc::new(Engine::start(Settings { workers: 1, ..Settings::default() }).unwrap());
    let (sender, served) = watch::channel(None);
    (Arc::clone(&engine), Applier::new(engine, sender), served)
}
