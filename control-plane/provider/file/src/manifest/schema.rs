//! The YAML of manifests. A field that is not here is an error.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::balance::Balance;
use super::protocol::{Listen, Protocol};
use super::tls::Tls;

/// One document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "apiVersion")]
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    /// Read by its kind, so that its mistakes are named by that.
    pub(super) spec: serde_yaml::Value,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) name: String,
    #[serde(default)]
    pub(super) namespace: String,
    /// Taken and not used: tools write them.
    #[serde(default, rename = "labels")]
    pub(super) _labels: BTreeMap<String, String>,
    #[serde(default, rename = "annotations")]
    pub(super) _annotations: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Frontend {
    pub(super) listen: Vec<Listen>,
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) timeouts: FrontendTimeouts,
    #[serde(default)]
    pub(super) max_connections: u32,
    #[serde(default)]
    pub(super) forward_for: bool,
    #[serde(default)]
    pub(super) routes: Vec<Route>,
    pub(super) default_backend: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    #[default]
    Http,
    Tcp,
    Udp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Route {
    /// A condition of HAProxy's, with anonymous tests only: `{ path_beg /api } !{ method POST }`.
    pub(super) when: String,
    pub(super) backend: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct FrontendTimeouts {
    pub(super) client: Option<String>,
    pub(super) http_request: Option<String>,
    pub(super) http_keep_alive: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Backend {
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default)]
    pub(super) balance: Balance,
    #[serde(default)]
    pub(super) timeouts: BackendTimeouts,
    #[serde(default)]
    pub(super) check: Option<Check>,
    #[serde(default = "three")]
    pub(super) retries: u32,
    #[serde(default)]
    pub(super) redispatch: bool,
    /// Absent: they are answered 503 at once.
    pub(super) when_empty: Option<WhenEmpty>,
    /// Absent: nobody is ejected.
    pub(super) outlier_ejection: Option<OutlierEjection>,
    /// Absent: endpoints are spoken to in clear.
    pub(super) tls: Option<Tls>,
    #[serde(default)]
    pub(super) endpoints: Vec<Endpoint>,
}

fn three() -> u32 {
    3
}

/// What becomes of requests while no endpoint takes traffic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct WhenEmpty {
    pub(super) hold: Hold,
}

/// They wait for one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Hold {
    /// So long; then they are answered 503 with Retry-After.
    pub(super) wait: String,
    /// So many at one time.
    pub(super) max: u32,
}

/// Leaves endpoints out for a time whose exchanges go wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct OutlierEjection {
    /// 0: they do not count, as below.
    #[serde(default = "five")]
    pub(super) consecutive_failures: u32,
    #[serde(default)]
    pub(super) consecutive_gateway_failures: u32,
    pub(super) interval: Option<String>,
    pub(super) base_ejection_time: Option<String>,
    pub(super) max_ejection_time: Option<String>,
    #[serde(default = "ten")]
    pub(super) max_ejected_percent: u32,
    /// Absent: endpoints are not compared.
    pub(super) success_rate: Option<SuccessRate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SuccessRate {
    #[serde(default = "five")]
    pub(super) minimum_hosts: u32,
    #[serde(default = "hundred")]
    pub(super) request_volume: u32,
    /// Of standard deviations; thousandths of one count.
    #[serde(default = "factor")]
    pub(super) stdev_factor: f64,
}

fn five() -> u32 {
    5
}

fn ten() -> u32 {
    10
}

fn hundred() -> u32 {
    100
}

fn factor() -> f64 {
    1.9
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct BackendTimeouts {
    pub(super) connect: Option<String>,
    pub(super) server: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) tunnel: Option<String>,
}

/// Probes every endpoint of the backend.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Check {
    /// Absent: a connection that opens is a success; in UDP mode, that nobody refuses what is sent.
    pub(super) path: Option<String>,
    pub(super) grpc: Option<GrpcCheck>,
    /// The name that endpoints with TLS are asked for.
    #[serde(default)]
    pub(super) server_name: String,
    /// In UDP mode alone: what is sent, and what an answer has to contain.
    pub(super) send: Option<String>,
    pub(super) expect: Option<String>,
    /// Where probes go, if not to the port of the traffic.
    #[serde(default)]
    pub(super) port: u16,
    pub(super) interval: Option<String>,
    #[serde(default = "two")]
    pub(super) rise: u32,
    #[serde(default = "three")]
    pub(super) fall: u32,
}

/// Asks `grpc.health.v1.Health`, over HTTP/2.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct GrpcCheck {
    /// Empty: the server as a whole.
    #[serde(default)]
    pub(super) service: String,
    /// What the server is called; empty: localhost.
    #[serde(default)]
    pub(super) authority: String,
}

fn two() -> u32 {
    2
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Endpoint {
    pub(super) name: String,
    /// `ADDRESS:PORT` or `HOST:PORT`.
    pub(super) address: String,
    #[serde(default = "one")]
    pub(super) weight: u32,
    #[serde(default)]
    pub(super) backup: bool,
    #[serde(default)]
    pub(super) max_connections: u32,
    /// Connections that are opened ahead.
    #[serde(default)]
    pub(super) warm_connections: u32,
    /// Absent: HTTP/1.
    pub(super) protocol: Option<Protocol>,
    /// Of WebSockets; absent: as other requests.
    pub(super) web_sockets: Option<Protocol>,
}

fn one() -> u32 {
    1
}
