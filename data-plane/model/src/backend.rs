//! A set of endpoints and how they are used.

use std::num::{NonZeroI32, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::id::ObjectKey;
use sluicegate_proto::v1::Origin;

use crate::check::{Formulas, Script};
use crate::compression::Compression;
use crate::endpoint::Endpoint;
use crate::expr::Sample;
use crate::frontend::{HttpOptions, Mode, Timeouts};
use crate::inspection::Inspection;
use crate::logging::LogTarget;
use crate::outlier::OutlierRule;
use crate::persistence::Persistence;
use crate::retry::RetryOn;
use crate::rule::{ErrorPages, HeaderName, Rule};

/// Settings and endpoints together. A changed endpoint makes a new value that shares the settings and all the others.
#[derive(Debug, Clone)]
pub struct Backend {
    /// All but the endpoints.
    pub settings: Arc<BackendSettings>,
    /// In their order: the order key, then the number, then the identity.
    pub endpoints: Vec<Arc<Endpoint>>,
}

impl Backend {
    /// Its identity.
    pub fn key(&self) -> &ObjectKey {
        &self.settings.key
    }
}

/// HAProxy: backend.
#[derive(Debug)]
pub struct BackendSettings {
    /// Its identity.
    pub key: ObjectKey,
    /// Where a person wrote it, when it was compiled; what has moved since is the same and is not compiled again.
    pub origin: Origin,
    /// Bytes or messages.
    pub mode: Mode,
    /// Its limits of time.
    pub timeouts: Timeouts,
    /// How an endpoint is chosen.
    pub balance: Balance,
    /// What HTTP asks for.
    pub http: HttpOptions,
    /// What a probe does.
    pub probe: Arc<Script>,
    /// What it works out on the way.
    pub formulas: Arc<Formulas>,
    /// Attempts after the first that fail to connect.
    pub retries: u32,
    /// What is tried again; `None`: what the engine does of itself.
    pub retry_on: Option<Box<RetryOn>>,
    /// Which retries may change the endpoint (HAProxy: option redispatch): positive, every that many; negative, that
    /// many before the last. `None`: none.
    pub redispatch: Option<NonZeroI32>,
    /// After those of the frontend.
    pub request_rules: Vec<Rule>,
    /// Before those of the frontend.
    pub response_rules: Vec<Rule>,
    /// In TCP mode, behind that of the frontend and before the request rules.
    pub inspection: Option<Box<Inspection>>,
    /// In TCP mode, over the first bytes that the endpoint says.
    pub response_inspection: Option<Box<Inspection>>,
    /// What responses are compressed; `None`: what the frontend says.
    pub compression: Option<Box<Compression>>,
    /// By status.
    pub error_pages: ErrorPages,
    /// Use all backup endpoints together, not the first alone.
    pub all_backups: bool,
    /// Which requests have an endpoint of their own; `None`: none.
    pub persistence: Option<Box<Persistence>>,
    /// Exchanges that count as full load, from which on endpoints have all their places; `None`: see
    /// [`full_connections`](crate::Runtime::full_connections).
    pub full_connections: Option<NonZeroU32>,
    /// Who waits while no endpoint takes traffic; `None`: nobody.
    pub hold: Option<Hold>,
    /// Over which idle connections requests go.
    pub reuse: Reuse,
    /// Whose exchanges go wrong is left out for a time; `None`: nobody is.
    pub outlier: Option<Box<OutlierRule>>,
    /// A client that ends its side has gone: what it asked for is dropped, as far as it is not answered (HAProxy: option
    /// abortonclose).
    pub abort_on_close: bool,
    /// Takes no traffic.
    pub disabled: bool,
    /// Where it is told that an endpoint comes, goes or is taken out of service.
    pub log_targets: Vec<LogTarget>,
    /// They are told of each probe that finds something else than the one before, or counts towards a change.
    pub log_probes: bool,
    /// Of the proxy, in statistics; `None`: by its place.
    pub number: Option<NonZeroU32>,
    /// A text about it, for people; no control characters.
    pub description: Option<Box<str>>,
}

/// How an endpoint is chosen.
#[derive(Debug, Clone)]
pub enum Balance {
    /// Smooth weighted turns, strict over all workers together.
    RoundRobin,
    /// Turns of the slots of a map.
    StaticRoundRobin,
    /// The fewest exchanges for the weight; of equals each in turn.
    LeastConnections,
    /// The lowest number that has a place.
    First,
    /// Of so many that chance finds, the one with the fewest exchanges for its weight.
    Random(NonZeroU32),
    /// What is equal goes to the same endpoint; what has no key takes turns.
    Hash(Box<Hash>),
    /// Of two that chance finds, the one that answered faster lately, for each exchange that it has.
    PeakEwma {
        /// After this time an answer counts 1/e of what it did.
        decay: Duration,
    },
}

/// Over which idle connections to an endpoint a request may go (HAProxy: http-reuse). Those that its own client's last
/// requests left behind for it alone are always among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    /// Over all.
    #[default]
    Always,
    /// A client's first request: over those that have served more than one request.
    Aggressive,
    /// A client's first request: over none.
    Safe,
    /// Over none that served another client.
    Never,
}

/// Requests that wait for a first endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// How long; then they are answered 503 with Retry-After.
    pub wait: Duration,
    /// How many at one time; those beyond are answered at once.
    pub max: NonZeroU32,
}

/// Balancing by a key.
#[derive(Debug, Clone)]
pub struct Hash {
    /// What is hashed.
    pub key: HashKey,
    /// How a hash leads to an endpoint.
    pub table: HashTable,
    /// Of all keys but [`HashKey::Source`].
    pub function: HashFunction,
    /// The hash is mixed once more.
    pub avalanche: bool,
    /// No endpoint gets more than so much of the mean load; `None`: no limit.
    pub balance_factor_percent: Option<NonZeroU32>,
    /// What happens to keys of an endpoint that is full.
    pub affinity: Affinity,
}

/// What happens to keys of an endpoint that is full (HAProxy: hash-preserve-affinity).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Affinity {
    /// They wait.
    #[default]
    Always,
    /// They go to others while it has as many exchanges as it may.
    MaxConnections,
    /// They wait, and go to others while as many wait as may.
    MaxQueue,
}

/// What is hashed.
#[derive(Debug, Clone)]
pub enum HashKey {
    /// The client's address.
    Source,
    /// The target of the request, or part of it.
    Uri {
        /// Bytes that count.
        length: Option<NonZeroU32>,
        /// Directories that count.
        depth: Option<NonZeroU32>,
        /// The query counts too.
        whole: bool,
        /// Neither the scheme nor the authority count.
        path_only: bool,
    },
    /// The value of a parameter of the query.
    UrlParameter {
        /// Its name.
        name: Box<[u8]>,
        /// It may also be in the body of a POST.
        in_body: bool,
    },
    /// The value of a header.
    Header {
        /// Its name.
        name: HeaderName,
        /// Of a host name, the label before the last counts alone.
        domain_only: bool,
    },
    /// What an expression gives.
    Sample(Sample),
    /// The value of this cookie in the first message of an RDP client.
    RdpCookie(Box<[u8]>),
}

/// How a hash leads to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashTable {
    /// As many slots as all weights together.
    Map,
    /// The closest of an endpoint's many places on a ring.
    Ring,
    /// One of equal slots that are shared out evenly.
    Maglev,
}

/// From bytes to a number of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashFunction {
    /// `sdbm`
    Sdbm,
    /// `djb2`
    Djb2,
    /// `wt6`
    Wt6,
    /// `crc32`
    Crc32,
    /// The bytes are a number.
    None,
}
