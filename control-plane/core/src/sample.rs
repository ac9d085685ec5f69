//! Resources for tests.

use std::collections::BTreeMap;

use sluicegate_proto::build::{ip_address, resource};
use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::{
    Backend, Endpoint, Frontend, Kind, Listener, Origin, Resource, Route, endpoint, listener, origin,
    resource::Body,
};

use crate::entry::Entry;

pub(crate) fn key(provider: &str, kind: Kind, name: &str) -> ObjectKey {
    ObjectKey::new(provider, "", kind, name).unwrap()
}

pub(crate) fn at_line(line: u32) -> Origin {
    Origin { place: Some(origin::Place::File(origin::File { path: "test.cfg".into(), line })) }
}

pub(crate) fn in_container(id: &str) -> Origin {
    let container = origin::Container { id: id.into(), ..Default::default() };
    Origin { place: Some(origin::Place::Container(container)) }
}

pub(crate) fn backend(provider: &str, name: &str, retries: u32) -> Resource {
    let body = Body::Backend(Backend { retries, ..Backend::default() });
    resource(&key(provider, Kind::Backend, name), at_line(1), "", body).unwrap()
}

pub(crate) fn frontend(provider: &str, name: &str) -> Resource {
    let body = Body::Frontend(Frontend::default());
    resource(&key(provider, Kind::Frontend, name), at_line(1), "", body).unwrap()
}

pub(crate) fn endpoint(backend: &ObjectKey, name: &str, port: u16) -> Resource {
    let body = Endpoint {
        backend: Some(backend.into()),
        name: name.into(),
        number: 1,
        address: Some(endpoint::Address::Ip(ip_address(([127, 0, 0, 1], port).into()))),
        weight: 1,
        ..Endpoint::default()
    };
    let key = key(backend.provider(), Kind::Endpoint, &format!("{}/{name}", backend.name()));
    resource(&key, at_line(u32::from(port)), "", Body::Endpoint(body)).unwrap()
}

pub(crate) fn listener(provider: &str, name: &str, frontend: &ObjectKey, port: u16) -> Resource {
    let body = Listener {
        frontend: Some(frontend.into()),
        address: Some(listener::Address::Ip(ip_address(([0, 0, 0, 0], port).into()))),
        ..Listener::default()
    };
    resource(&key(provider, Kind::Listener, name), at_line(1), "", Body::Listener(body)).unwrap()
}

pub(crate) fn route(provider: &str, name: &str, frontend: &ObjectKey, backend: &ObjectKey) -> Resource {
    let body = Route { frontend: Some(frontend.into()), when: None, backend: Some(backend.into()) };
    resource(&key(provider, Kind::Route, name), at_line(1), "", Body::Route(body)).unwrap()
}

pub(crate) fn keyed(resources: impl IntoIterator<Item = Resource>) -> BTreeMap<ObjectKey, Entry> {
    resources
        .into_iter()
        .map(|resource| (ObjectKey::try_from(resource.id.as_ref().unwrap()).unwrap(), Entry::new(resource)))
        .collect()
}
