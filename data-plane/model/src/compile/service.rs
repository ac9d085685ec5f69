//! What a proxy answers about itself.

use std::time::Duration;

use sluicegate_proto::v1::{self, service::Kind};

use super::condition;
use super::reason::Fault;
use super::rule::header_bytes;
use super::scope::Scope;
use crate::service::{Credentials, Service, StatsPage};

/// Users of one page, proxies that one shows, and conditions of its administrators.
const MAX_NAMES: usize = 1000;

pub(super) fn service(wire: &v1::Service, scope: &mut Scope<'_>) -> Option<Service> {
    match &wire.kind {
        None => scope.fault(Fault::Unset("kind")),
        Some(Kind::Exporter(_)) => Some(Service::Exporter),
        Some(Kind::Stats(wire)) => scope.at("stats", |scope| stats(wire, scope)).map(Service::Stats),
    }
}

fn stats(wire: &v1::StatsPage, scope: &mut Scope<'_>) -> Option<StatsPage> {
    scope.count("users", wire.users.len(), MAX_NAMES)?;
    scope.count("scope", wire.scope.len(), MAX_NAMES)?;
    scope.count("admin", wire.admin.len(), MAX_NAMES)?;
    let uri = scope.text("uri", &wire.uri)?;
    let Some(uri) = uri else { return scope.fault(Fault::Empty { what: "uri" }) };
    let realm = scope.text("realm", &wire.realm)?.unwrap_or_default();
    header_bytes(realm.as_bytes(), scope)?;
    let users = scope.each("user", &wire.users, |scope, wire| {
        let user = scope.text("user", &wire.user)?.unwrap_or_default();
        let password = scope.text("password", &wire.password)?.unwrap_or_default();
        if user.contains(':') {
            return scope.fault(Fault::Character { what: "user", value: user.into() });
        }
        Some(Credentials::new(&user, &password))
    });
    let names = scope.each("scope", &wire.scope, |scope, name| scope.text("name", name)?);
    let admin = scope.each("admin", &wire.admin, |scope, wire| condition::condition(wire, scope));
    let node = scope.text("node", &wire.node)?.unwrap_or_default();
    let description = scope.text("description", &wire.description)?.unwrap_or_default();
    let refresh = Some(wire.refresh_ms).filter(|&ms| ms > 0).map(Duration::from_millis);
    Some(StatsPage {
        uri,
        users: users?,
        realm,
        refresh,
        show_version: wire.show_version,
        show_legends: wire.show_legends,
        node: wire.show_node.then_some(node),
        description: wire.show_description.then_some(description),
        scope: names?,
        admin: admin?,
    })
}
