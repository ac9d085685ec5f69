//! Manifests → resources.

use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sluicegate_haproxy::expr::{Acls, NoFiles, Reader, Scope};
use sluicegate_proto::build;
use sluicegate_proto::id::{InvalidId, ObjectKey};
use sluicegate_proto::v1::{self, Kind, resource::Body};

use super::protocol;
use super::schema::{self, Manifest, Mode};
use super::tls::Secured;

/// The provider's name in object ids.
pub const PROVIDER: &str = "manifest";
/// The one version there is.
const API_VERSION: &str = "sluicegate.dev/v1alpha1";
/// Endpoints are probed as often as HAProxy does when it is not told.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Between two looks at all endpoints.
const EJECTION_INTERVAL: Duration = Duration::from_secs(10);
/// The first ejection.
const BASE_EJECTION: Duration = Duration::from_secs(30);
/// The longest, but for a longer first one.
const MAX_EJECTION: Duration = Duration::from_secs(300);

/// The resources of one document, or all that is wrong with it.
pub(super) fn lower(path: &str, line: usize, manifest: Manifest) -> Result<Vec<v1::Resource>, Vec<String>> {
    if manifest.api_version != API_VERSION {
        return Err(vec![format!(
            "apiVersion '{}' is not known; it is '{API_VERSION}'",
            manifest.api_version
        )]);
    }
    let file = v1::origin::File { path: path.to_owned(), line: u32::try_from(line).unwrap_or(u32::MAX) };
    let origin = v1::Origin { place: Some(v1::origin::Place::File(file)) };
    let mut made = Made {
        namespace: manifest.metadata.namespace,
        name: manifest.metadata.name,
        origin,
        resources: Vec::new(),
        errors: Vec::new(),
    };
    match manifest.kind.as_str() {
        "Frontend" => made.with(manifest.spec, Made::frontend),
        "Backend" => made.with(manifest.spec, Made::backend),
        other => made.errors.push(format!("kind '{other}' is not known; there are Frontend and Backend")),
    }
    if made.errors.is_empty() { Ok(made.resources) } else { Err(made.errors) }
}

pub(super) struct Made {
    pub(super) namespace: String,
    pub(super) name: String,
    origin: v1::Origin,
    resources: Vec<v1::Resource>,
    errors: Vec<String>,
}

impl Made {
    fn with<S: DeserializeOwned>(&mut self, spec: serde_yaml::Value, lower: fn(&mut Self, S)) {
        match serde_yaml::from_value(spec) {
            Ok(spec) => lower(self, spec),
            Err(error) => self.errors.push(format!("spec: {error}")),
        }
    }

    /// Notes an error with the field that it is in.
    pub(super) fn ok<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.errors.push(format!("{field}: {error}"))).ok()
    }

    fn add(&mut self, kind: Kind, name: &str, order: String, body: Body) {
        let key = ObjectKey::new(PROVIDER, &self.namespace, kind, name);
        self.add_as(key, order, body);
    }

    pub(super) fn add_as(&mut self, key: Result<ObjectKey, InvalidId>, order: String, body: Body) {
        let origin = self.origin.clone();
        if let Some(key) = self.ok("metadata", key) {
            let made = build::resource(&key, origin, order, body);
            let made = self.ok("metadata", made);
            self.resources.extend(made);
        }
    }

    fn id(&self, kind: Kind, name: &str) -> v1::ObjectId {
        v1::ObjectId {
            provider: PROVIDER.to_owned(),
            namespace: self.namespace.clone(),
            kind: kind as i32,
            name: name.to_owned(),
        }
    }

    fn time(&mut self, field: &str, text: Option<&String>) -> Option<u64> {
        let parsed = duration(text?);
        let parsed = parsed.and_then(|span| build::milliseconds(span).map_err(|error| error.to_string()));
        self.ok(field, parsed)
    }

    fn frontend(&mut self, spec: schema::Frontend) {
        let name = self.name.clone();
        for (index, listen) in spec.listen.iter().enumerate() {
            let protocol = self.ok("listen: protocol", listen.lower(spec.mode)).unwrap_or_default();
            if let Some(address) = self.ok("listen", listen_address(listen.address())) {
                let body = v1::Listener {
                    frontend: Some(self.id(Kind::Frontend, &name)),
                    address: Some(v1::listener::Address::Ip(build::ip_address(address))),
                    udp: spec.mode == Mode::Udp,
                    http_protocol: protocol,
                    ..v1::Listener::default()
                };
                let of_udp = if body.udp { "udp@" } else { "" };
                let full = format!("{name}/{of_udp}{address}");
                self.add(Kind::Listener, &full, order(index), Body::Listener(body));
            }
        }
        for (index, route) in spec.routes.iter().enumerate() {
            let when = condition(&route.when, spec.mode);
            let when = self.ok("routes: when", when);
            let body = v1::Route {
                frontend: Some(self.id(Kind::Frontend, &name)),
                when,
                backend: Some(self.id(Kind::Backend, &route.backend)),
            };
            self.add(Kind::Route, &format!("{name}/{}", order(index)), order(index), Body::Route(body));
        }
        if spec.forward_for && spec.mode == Mode::Udp {
            self.errors.push("forwardFor: is for 'mode: http'".to_owned());
        }
        let timeouts = v1::Timeouts {
            client_ms: self.time("timeouts.client", spec.timeouts.client.as_ref()),
            http_request_ms: self.time("timeouts.httpRequest", spec.timeouts.http_request.as_ref()),
            http_keep_alive_ms: self.time("timeouts.httpKeepAlive", spec.timeouts.http_keep_alive.as_ref()),
            ..v1::Timeouts::default()
        };
        let body = v1::Frontend {
            mode: mode(spec.mode),
            timeouts: Some(timeouts),
            max_connections: spec.max_connections,
            http: Some(http(spec.forward_for)),
            default_backend: spec.default_backend.map(|backend| self.id(Kind::Backend, &backend)),
            ..v1::Frontend::default()
        };
        self.add(Kind::Frontend, &name, String::new(), Body::Frontend(body));
    }

    fn backend(&mut self, spec: schema::Backend) {
        let name = self.name.clone();
        let balance = self.ok("balance", spec.balance.lower(spec.mode));
        let hold = spec.when_empty.map(|empty| v1::Hold {
            wait_ms: self.time("whenEmpty.hold.wait", Some(&empty.hold.wait)).unwrap_or_default(),
            max: empty.hold.max,
        });
        let outlier_ejection = spec.outlier_ejection.map(|spec| self.outlier_ejection(&spec));
        let timeouts = v1::Timeouts {
            connect_ms: self.time("timeouts.connect", spec.timeouts.connect.as_ref()),
            server_ms: self.time("timeouts.server", spec.timeouts.server.as_ref()),
            queue_ms: self.time("timeouts.queue", spec.timeouts.queue.as_ref()),
            tunnel_ms: self.time("timeouts.tunnel", spec.timeouts.tunnel.as_ref()),
            ..v1::Timeouts::default()
        };
        let secured = self.tls(spec.tls, spec.mode);
        let schedule = spec.check.as_ref().map(|check| v1::CheckSchedule {
            interval_ms: self
                .time("check.interval", check.interval.as_ref())
                .unwrap_or(CHECK_INTERVAL.as_millis() as u64),
            rise: check.rise,
            fall: check.fall,
            over_tls: secured.client.is_some(),
            tls: secured.client.clone(),
            server_name: check.server_name.clone(),
            port: check.port.into(),
            http2: check.path.is_some(),
            ..v1::CheckSchedule::default()
        });
        let check = spec.check.and_then(|check| self.probe(check, spec.mode));
        let body = v1::Backend {
            mode: mode(spec.mode),
            timeouts: Some(timeouts),
            balance,
            hold,
            outlier_ejection,
            http: Some(http(false)),
            check,
            retries: spec.retries,
            redispatch: spec.redispatch.then_some(v1::Redispatch { interval: 1 }),
            ..v1::Backend::default()
        };
        self.add(Kind::Backend, &name, String::new(), Body::Backend(body));
        for (index, endpoint) in spec.endpoints.into_iter().enumerate() {
            self.endpoint((index, spec.mode), endpoint, (schedule.clone(), secured.clone()));
        }
    }

    /// `None`: a connection that opens is a success.
    fn probe(&mut self, spec: schema::Check, mode: Mode) -> Option<v1::HealthCheck> {
        let schema::Check { path, grpc, send, expect, .. } = spec;
        if (send.is_some() || expect.is_some()) && (mode != Mode::Udp || path.is_some() || grpc.is_some()) {
            self.errors.push("check: send and expect are for 'mode: udp', and without a path".to_owned());
        }
        let probe = match (path, grpc) {
            (None, None) if mode == Mode::Udp => {
                let bytes = |text: Option<String>| text.unwrap_or_default().into();
                return Some(build::datagram_probe(bytes(send), bytes(expect)));
            }
            (None, None) => return None,
            (Some(_), Some(_)) => return self.ok("check", Err("it has a path or grpc, not both")),
            (Some(path), None) => http_probe(path),
            (None, Some(schema::GrpcCheck { service, authority })) => {
                v1::health_check::Probe::Grpc(v1::GrpcProbe { service, authority })
            }
        };
        Some(v1::HealthCheck { probe: Some(probe) })
    }

    /// Where nothing is said, with Envoy's numbers. What is out of range is refused by who compiles it.
    fn outlier_ejection(&mut self, spec: &schema::OutlierEjection) -> v1::OutlierEjection {
        let mut time = |field: &str, text: &Option<String>, otherwise: Duration| {
            let field = format!("outlierEjection.{field}");
            text.as_ref().map_or(Some(otherwise.as_millis() as u64), |text| self.time(&field, Some(text)))
        };
        let interval = time("interval", &spec.interval, EJECTION_INTERVAL);
        let base = time("baseEjectionTime", &spec.base_ejection_time, BASE_EJECTION).unwrap_or_default();
        let longest = MAX_EJECTION.max(Duration::from_millis(base));
        let longest = time("maxEjectionTime", &spec.max_ejection_time, longest);
        v1::OutlierEjection {
            consecutive_failures: spec.consecutive_failures,
            consecutive_gateway_failures: spec.consecutive_gateway_failures,
            interval_ms: interval.unwrap_or_default(),
            base_ejection_ms: base,
            max_ejection_ms: longest.unwrap_or_default(),
            max_ejected_percent: spec.max_ejected_percent,
            success_rate: spec.success_rate.as_ref().map(|compared| v1::SuccessRate {
                minimum_hosts: compared.minimum_hosts,
                request_volume: compared.request_volume,
                stdev_factor_thousandths: (compared.stdev_factor * 1_000.0).round() as u32,
            }),
        }
    }

    fn endpoint(
        &mut self,
        (index, mode): (usize, Mode),
        spec: schema::Endpoint,
        (check, secured): (Option<v1::CheckSchedule>, Secured),
    ) {
        let backend = self.name.clone();
        let field = format!("endpoints: {}", spec.name);
        let address = self.ok(&field, server_address(&spec.address));
        let weight = self.ok(&field, build::weight(spec.weight)).unwrap_or_default();
        let protocol = protocol::of_endpoint(spec.protocol, mode);
        let http_protocol = self.ok(&format!("{field}: protocol"), protocol).unwrap_or_default();
        let web_sockets = protocol::of_web_sockets(spec.web_sockets, mode);
        let web_sockets = self.ok(&format!("{field}: webSockets"), web_sockets).unwrap_or_default();
        let full = format!("{backend}/{}", spec.name);
        let body = v1::Endpoint {
            backend: Some(self.id(Kind::Backend, &backend)),
            name: spec.name,
            number: u32::try_from(index + 1).unwrap_or(u32::MAX),
            address,
            weight,
            backup: spec.backup,
            max_connections: spec.max_connections,
            check: check.map(|check| v1::CheckSchedule {
                // As with HAProxy, checks of HTTP speak what traffic does.
                http2: check.http2 && http_protocol == i32::from(v1::EndpointHttp::Http2),
                ..check
            }),
            tls: secured.client,
            server_name: secured.server_name,
            pool: (spec.warm_connections > 0)
                .then(|| v1::Pool { warm: spec.warm_connections, ..v1::Pool::default() }),
            http_protocol,
            web_sockets,
            ..v1::Endpoint::default()
        };
        self.add(Kind::Endpoint, &full, order(index), Body::Endpoint(body));
    }
}

/// Keeps what was written in its order.
fn order(index: usize) -> String {
    format!("{index:06}")
}

fn mode(mode: Mode) -> i32 {
    match mode {
        Mode::Http => v1::Mode::Http as i32,
        Mode::Tcp => v1::Mode::Tcp as i32,
        Mode::Udp => v1::Mode::Udp as i32,
    }
}

fn http(forward_for: bool) -> v1::HttpOptions {
    v1::HttpOptions {
        connection_mode: v1::ConnectionMode::KeepAlive as i32,
        forwarded_for: forward_for.then(v1::ForwardedFor::default),
    }
}

fn http_probe(path: String) -> v1::health_check::Probe {
    v1::health_check::Probe::Http(v1::HttpProbe {
        method: "GET".to_owned(),
        uri: path,
        version: "HTTP/1.0".to_owned(),
        ..v1::HttpProbe::default()
    })
}

fn condition(text: &str, mode: Mode) -> Result<v1::Condition, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut reader = Reader::new(&NoFiles);
    let scope = Scope { http: mode == Mode::Http, ..Scope::REQUEST };
    let condition = reader.terms(&words, 0, &Acls::default(), scope);
    let errors: Vec<String> = reader
        .take_findings()
        .into_iter()
        .filter(|finding| finding.problem.is_error() || finding.problem.is_degraded())
        .map(|finding| finding.problem.to_string())
        .collect();
    match condition {
        Some(condition) if errors.is_empty() => Ok(condition.possibly().clone()),
        _ => Err(errors.join("; ")),
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let full = match text.strip_prefix(':').or_else(|| text.strip_prefix("*:")) {
        Some(port) => format!("0.0.0.0:{port}"),
        None => text.to_owned(),
    };
    full.parse().map_err(|_| format!("'{text}' is no ADDRESS:PORT; ':8080' means every IPv4 address"))
}

fn server_address(text: &str) -> Result<v1::endpoint::Address, String> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(v1::endpoint::Address::Ip(build::ip_address(address)));
    }
    let wrong = || format!("'{text}' is no ADDRESS:PORT and no HOST:PORT");
    let (name, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port.parse().map_err(|_| wrong())?;
    build::host_address(name, port).map(v1::endpoint::Address::Host).map_err(|error| error.to_string())
}

/// `500ms`, `10s`, `1m`, `2h`: always with a unit.
fn duration(text: &str) -> Result<Duration, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("'{text}' is no time; write 500ms, 10s, 1m or 2h")),
    };
    let number: u64 =
        number.parse().map_err(|_| format!("'{text}' is no time; write 500ms, 10s, 1m or 2h"))?;
    Ok(Duration::from_millis(number.saturating_mul(milliseconds)))
}
