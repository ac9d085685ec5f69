//! What happens to connections that came in: rules, routes, limits.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::compression::Compression;
use crate::expr::{Condition, IpSet};
use crate::inspection::Inspection;
use crate::logging::Logging;
use crate::rule::{ErrorPages, HeaderName, Rule};

/// Settings and routes together. A changed route makes a new value that shares the settings and all other routes.
#[derive(Debug, Clone)]
pub struct Frontend {
    /// All but the routes.
    pub settings: Arc<FrontendSettings>,
    /// Tried in this order: the order key, then the identity.
    pub routes: Vec<Arc<Route>>,
}

impl Frontend {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.settings.key
    }
}

/// HAProxy: frontend.
#[derive(Debug)]
pub struct FrontendSettings {
    /// Its identity.
    pub key: ObjectKey,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// Bytes or messages.
    pub mode: Mode,
    /// Its limits of time.
    pub timeouts: Timeouts,
    /// Connections at one time; `None`: the process's limit alone.
    pub max_connections: Option<NonZeroU32>,
    /// Connections to endpoints that a client keeps for itself between its requests (HAProxy: max-session-srv-conns).
    pub max_private_connections: usize,
    /// Where request logs go.
    pub logging: Logging,
    /// What HTTP asks for.
    pub http: HttpOptions,
    /// Before those of the backend. In TCP mode they are for connections, but for requests where the inspection switches to
    /// HTTP.
    pub request_rules: Vec<Rule>,
    /// After those of the backend.
    pub response_rules: Vec<Rule>,
    /// In TCP mode, behind the request rules.
    pub inspection: Option<Box<Inspection>>,
    /// Taken where no route matches; `None`: 503.
    pub default_backend: Option<ObjectKey>,
    /// What responses are compressed, as far as the backend leaves that open; `None`: it says nothing of it.
    pub compression: Option<Box<Compression>>,
    /// By status.
    pub error_pages: ErrorPages,
    /// Accepts nothing.
    pub disabled: bool,
    /// It is disabled for a while, by a person.
    pub paused: bool,
    /// Of the proxy, in statistics; `None`: by its place.
    pub number: Option<NonZeroU32>,
    /// A text about it, for people; no control characters.
    pub description: Option<Box<str>>,
}

/// Sends what it matches to a backend.
#[derive(Debug)]
pub struct Route {
    /// Its identity.
    pub key: ObjectKey,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// Place among its siblings.
    pub order: Box<str>,
    /// The frontend that it belongs to.
    pub frontend: ObjectKey,
    /// `None`: always.
    pub when: Option<Condition>,
    /// May be missing in a Runtime: then the answer is 503.
    pub backend: ObjectKey,
}

/// What a frontend or backend understands of its traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Bytes.
    Tcp,
    /// Messages.
    Http,
    /// Datagrams.
    Udp,
}

/// Limits of time; `None`: none of its own (the engine's hard limits stay). Never zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timeouts {
    /// Silence of the client.
    pub client: Option<Duration>,
    /// Silence of a client that closed one side.
    pub client_fin: Option<Duration>,
    /// For a request head to be complete.
    pub http_request: Option<Duration>,
    /// For the next request of a connection to begin.
    pub http_keep_alive: Option<Duration>,
    /// In queues.
    pub queue: Option<Duration>,
    /// For a connection to an endpoint to stand.
    pub connect: Option<Duration>,
    /// Silence of the endpoint.
    pub server: Option<Duration>,
    /// Silence of an endpoint that closed one side.
    pub server_fin: Option<Duration>,
    /// Silence on both sides of a tunnel.
    pub tunnel: Option<Duration>,
    /// Before a tarpitted request is answered.
    pub tarpit: Option<Duration>,
    /// For a probe's answer, after its connection stands.
    pub check: Option<Duration>,
}

/// What HTTP asks for.
#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    /// Which connections live on after an exchange.
    pub connection_mode: ConnectionMode,
    /// `None`: no header is added.
    pub forwarded_for: Option<ForwardedFor>,
}

/// Which connections live on after an exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionMode {
    /// Both.
    #[default]
    KeepAlive,
    /// The client's.
    ServerClose,
    /// None.
    Close,
}

/// Appends the client's address (HAProxy: option forwardfor).
#[derive(Debug, Clone)]
pub struct ForwardedFor {
    /// X-Forwarded-For as a rule.
    pub header: HeaderName,
    /// Clients whose header is left as it is.
    pub except: IpSet,
    /// Only where the request has none.
    pub if_none: bool,
}
