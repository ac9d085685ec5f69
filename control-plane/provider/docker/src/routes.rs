//! Containers → resources.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use sluicegate_proto::{build, v1};

use crate::container::Container;
use crate::labels::{self, HttpRoute, InvalidLabel};

/// The provider's name in object ids.
pub const PROVIDER: &str = "docker";
/// The provider of entry points: the frontends that routes attach to.
pub const ENTRYPOINT_PROVIDER: &str = "entrypoint";

/// Why a container, or one of its routes, is not served. The rest goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("container '{container}': {reason}")]
pub struct Problem {
    /// Its name.
    pub container: String,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A label.
    #[error(transparent)]
    Label(#[from] InvalidLabel),
    /// Two containers say different things of one route; the first by name has it.
    #[error(
        "route '{route}' is claimed differently by container '{other}': the labels of containers that share a route must be equal"
    )]
    Conflict {
        /// The route.
        route: String,
        /// The container that has it.
        other: String,
    },
    /// No such entry point.
    #[error("there is no entry point '{name}'; there are: {}", known.iter().map(String::as_str).collect::<Vec<_>>().join(", "))]
    EntryPoint {
        /// As the label has it.
        name: String,
        /// What there is.
        known: BTreeSet<String>,
    },
    /// No network, several without a choice, or not the one chosen.
    #[error("{wanted}; the container is in: {}", if networks.is_empty() { "no network with an address".to_owned() } else { networks.join(", ") })]
    Network {
        /// What was looked for.
        wanted: String,
        /// What there is.
        networks: Vec<String>,
    },
}

/// What containers come to.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Routes {
    /// Backends, their endpoints and the routes to them.
    pub resources: Vec<v1::Resource>,
    /// Why something is missing.
    pub problems: Vec<Problem>,
    /// Containers beyond the limit ([`crate::engine::MAX_CONTAINERS`]), which were not looked at.
    pub left_out: usize,
}

/// The resources of all containers; `entrypoints` are the names that routes may attach to.
///
/// The order of `containers` does not matter: they are taken by name, then by id.
pub fn routes(containers: &[Container], entrypoints: &BTreeSet<String>) -> Routes {
    let mut sorted: Vec<&Container> = containers.iter().collect();
    sorted.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let mut found = Routes::default();
    let mut owners: BTreeMap<String, (HttpRoute, &Container)> = BTreeMap::new();
    for container in sorted {
        let mut complain = |reason: Reason| {
            found.problems.push(Problem { container: container.name.clone(), reason });
        };
        let routes = labels::routes(container).unwrap_or_else(|errors| {
            errors.into_iter().for_each(|error| complain(error.into()));
            Vec::new()
        });
        for route in routes {
            let owner = owners.get(&route.name);
            match place(container, &route, owner, entrypoints) {
                Ok(address) => {
                    if owner.is_none() {
                        found.resources.push(backend(container, &route));
                        found
                            .resources
                            .extend(route.entrypoints.iter().map(|name| attach(container, &route, name)));
                    }
                    found.resources.push(endpoint(container, &route, address));
                    owners.entry(route.name.clone()).or_insert((route, container));
                }
                Err(reason) => complain(reason),
            }
        }
    }
    found
}

/// Where a container serves a route, if it may.
fn place(
    container: &Container,
    route: &HttpRoute,
    owner: Option<&(HttpRoute, &Container)>,
    entrypoints: &BTreeSet<String>,
) -> Result<IpAddr, Reason> {
    if let Some((claimed, by)) = owner
        && (&claimed.hosts, &claimed.path, &claimed.entrypoints)
            != (&route.hosts, &route.path, &route.entrypoints)
    {
        return Err(Reason::Conflict { route: route.name.clone(), other: by.name.clone() });
    }
    if let Some(name) = route.entrypoints.iter().find(|name| !entrypoints.contains(*name)) {
        return Err(Reason::EntryPoint { name: name.clone(), known: entrypoints.clone() });
    }
    let (wanted, address) = match (&route.network, container.networks.len()) {
        (Some(name), _) => (format!("network '{name}' is wanted"), container.networks.get(name)),
        (None, 1) => (String::new(), container.networks.values().next()),
        (None, _) => {
            let label = format!("{}http.{}.network", crate::PREFIX, route.name);
            (format!("name its network by the label '{label}'"), None)
        }
    };
    address
        .copied()
        .ok_or_else(|| Reason::Network { wanted, networks: container.networks.keys().cloned().collect() })
}

fn id(kind: v1::Kind, name: String) -> v1::ObjectId {
    v1::ObjectId { provider: PROVIDER.to_owned(), namespace: String::new(), kind: kind as i32, name }
}

fn resource(
    container: &Container,
    route: &HttpRoute,
    id: v1::ObjectId,
    body: v1::resource::Body,
) -> v1::Resource {
    let place = v1::origin::Container {
        id: container.id.clone(),
        name: container.name.clone(),
        label: format!("{}http.{}", crate::PREFIX, route.name),
    };
    let origin = v1::Origin { place: Some(v1::origin::Place::Container(place)) };
    v1::Resource { id: Some(id), order: String::new(), body: Some(body), provenance: Some(origin.into()) }
}

fn backend(container: &Container, route: &HttpRoute) -> v1::Resource {
    let body = v1::Backend {
        mode: v1::Mode::Http as i32,
        timeouts: Some(v1::Timeouts {
            connect_ms: Some(5_000),
            server_ms: Some(60_000),
            queue_ms: Some(5_000),
            ..v1::Timeouts::default()
        }),
        balance: Some(v1::Balance { algorithm: Some(v1::balance::Algorithm::RoundRobin(v1::RoundRobin {})) }),
        http: Some(v1::HttpOptions {
            connection_mode: v1::ConnectionMode::KeepAlive as i32,
            forwarded_for: Some(v1::ForwardedFor::default()),
        }),
        // A container that has just gone is no reason for an error: another one takes the request.
        retries: 3,
        redispatch: Some(v1::Redispatch { interval: 1 }),
        ..v1::Backend::default()
    };
    resource(container, route, id(v1::Kind::Backend, route.name.clone()), v1::resource::Body::Backend(body))
}

fn endpoint(container: &Container, route: &HttpRoute, address: IpAddr) -> v1::Resource {
    let body = v1::Endpoint {
        backend: Some(id(v1::Kind::Backend, route.name.clone())),
        name: container.name.clone(),
        number: number(&container.id),
        address: Some(v1::endpoint::Address::Ip(build::ip_address((address, route.port).into()))),
        weight: 1,
        ..v1::Endpoint::default()
    };
    let mut made = resource(
        container,
        route,
        id(v1::Kind::Endpoint, format!("{}/{}", route.name, container.name)),
        v1::resource::Body::Endpoint(body),
    );
    made.order.clone_from(&container.name);
    made
}

/// A number that stays with the container: the start of its id, which is random.
fn number(id: &str) -> u32 {
    id.get(..7).and_then(|start| u32::from_str_radix(start, 16).ok()).unwrap_or_default() + 1
}

fn attach(container: &Container, route: &HttpRoute, entrypoint: &str) -> v1::Resource {
    let frontend = v1::ObjectId {
        provider: ENTRYPOINT_PROVIDER.to_owned(),
        namespace: String::new(),
        kind: v1::Kind::Frontend as i32,
        name: entrypoint.to_owned(),
    };
    let body = v1::Route {
        frontend: Some(frontend),
        when: Some(condition(route)),
        backend: Some(id(v1::Kind::Backend, route.name.clone())),
    };
    let id = id(v1::Kind::Route, format!("{entrypoint}/{}", route.name));
    let mut made = resource(container, route, id, v1::resource::Body::Route(body));
    // Longer paths first, and routes for any host last.
    made.order = format!("{}{:05}", u8::from(route.hosts.is_empty()), 99_999 - route.path.len().min(99_999));
    made
}

/// The host is one of those given, and the path is the one given or below it.
fn condition(route: &HttpRoute) -> v1::Condition {
    use v1::op::Op::{Operator, Test};
    let (mut tests, mut ops) = (Vec::new(), Vec::new());
    let call = |name: &str, argument: Option<&str>| v1::Call {
        name: name.to_owned(),
        arguments: argument
            .into_iter()
            .map(|text| v1::Argument {
                value: Some(v1::argument::Value::Text(text.as_bytes().to_vec().into())),
            })
            .collect(),
    };
    let test =
        |fetch: v1::Call, converters: Vec<v1::Call>, r#match: v1::Match, patterns: Vec<String>| v1::Test {
            sample: Some(v1::Sample { fetch: Some(fetch), converters }),
            r#match: r#match as i32,
            patterns: patterns.into_iter().map(|pattern| pattern.into_bytes().into()).collect(),
            ..v1::Test::default()
        };
    if !route.hosts.is_empty() {
        let converters = vec![call("host_only", None), call("lower", None)];
        tests.push(test(call("req.hdr", Some("host")), converters, v1::Match::Str, route.hosts.clone()));
        ops.push(Test(0));
    }
    let path = route.path.trim_end_matches('/');
    if !path.is_empty() {
        let first = u32::from(!route.hosts.is_empty());
        tests.push(test(call("path", None), Vec::new(), v1::Match::Str, vec![path.to_owned()]));
        tests.push(test(call("path", None), Vec::new(), v1::Match::Beg, vec![format!("{path}/")]));
        ops.extend([Test(first), Test(first + 1), Operator(v1::Operator::Or as i32)]);
        if first == 1 {
            ops.push(Operator(v1::Operator::And as i32));
        }
    }
    if ops.is_empty() {
        tests.push(test(call("always_true", None), Vec::new(), v1::Match::Bool, Vec::new()));
        ops.push(Test(0));
    }
    v1::Condition { tests, ops: ops.into_iter().map(|op| v1::Op { op: Some(op) }).collect() }
}

#[cfg(test)]
mod tests;
