//! Ways to choose an endpoint.

use std::num::NonZeroU32;
use std::time::Duration;

use sluicegate_proto::v1::{self, balance::Algorithm, hash::Key};

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{call, rule};
use crate::backend::{Affinity, Balance, Hash, HashFunction, HashKey, HashTable};
use crate::frontend::Mode;

/// How long the time of an answer counts.
const DECAY: Duration = Duration::from_secs(10);
/// More draws than this find nothing better.
const MAX_DRAWS: i64 = 1_000;
/// Below this every endpoint would be at its limit with all at the mean.
const LEAST_FACTOR_PERCENT: i64 = 101;
const MOST_FACTOR_PERCENT: i64 = 65_535;

pub(super) fn balance(
    wire: Option<&v1::Balance>,
    mode: Option<Mode>,
    scope: &mut Scope<'_>,
) -> Option<Balance> {
    match wire.and_then(|balance| balance.algorithm.as_ref()) {
        None => scope.fault(Fault::Unset("algorithm")),
        Some(Algorithm::RoundRobin(_)) => Some(Balance::RoundRobin),
        Some(Algorithm::StaticRoundRobin(_)) => Some(Balance::StaticRoundRobin),
        Some(Algorithm::LeastConnections(_)) => Some(Balance::LeastConnections),
        Some(Algorithm::First(_)) => Some(Balance::First),
        Some(Algorithm::Random(random)) => {
            scope.range("draws", random.draws, 1, MAX_DRAWS)?;
            NonZeroU32::new(random.draws).map(Balance::Random)
        }
        Some(Algorithm::PeakEwma(wire)) => {
            let decay = optional(wire.decay_ms, |ms| scope.milliseconds("decay_ms", ms))?;
            Some(Balance::PeakEwma { decay: decay.unwrap_or(DECAY) })
        }
        Some(Algorithm::Hash(wire)) => {
            scope.at("hash", |scope| hash(wire, mode, scope)).map(|hash| Balance::Hash(Box::new(hash)))
        }
    }
}

fn hash(wire: &v1::Hash, mode: Option<Mode>, scope: &mut Scope<'_>) -> Option<Hash> {
    let key = key((wire.key.as_ref(), wire.in_body), mode, scope);
    let table = match scope.known("table", wire.table) {
        Some(v1::HashTable::Map) => Some(HashTable::Map),
        Some(v1::HashTable::Ring) => Some(HashTable::Ring),
        Some(v1::HashTable::Maglev) => Some(HashTable::Maglev),
        Some(v1::HashTable::Unspecified) => scope.fault(Fault::Unset("table")),
        None => None,
    };
    let function = match scope.known("function", wire.function) {
        Some(v1::HashFunction::Sdbm) => Some(HashFunction::Sdbm),
        Some(v1::HashFunction::Djb2) => Some(HashFunction::Djb2),
        Some(v1::HashFunction::Wt6) => Some(HashFunction::Wt6),
        Some(v1::HashFunction::Crc32) => Some(HashFunction::Crc32),
        Some(v1::HashFunction::None) => Some(HashFunction::None),
        Some(v1::HashFunction::Unspecified) => scope.fault(Fault::Unset("function")),
        None => None,
    };
    let affinity = optional(wire.affinity, |wire| affinity(wire, scope));
    let factor = wire.balance_factor_percent;
    let bounded = factor == 0
        || scope.range("balance_factor_percent", factor, LEAST_FACTOR_PERCENT, MOST_FACTOR_PERCENT).is_some();
    Some(Hash {
        key: key?,
        table: table?,
        function: function?,
        avalanche: wire.avalanche,
        balance_factor_percent: bounded.then(|| NonZeroU32::new(factor))?,
        affinity: affinity?.unwrap_or_default(),
    })
}

fn affinity(wire: i32, scope: &mut Scope<'_>) -> Option<Affinity> {
    match scope.known("affinity", wire)? {
        v1::HashAffinity::Always => Some(Affinity::Always),
        v1::HashAffinity::MaxConnections => Some(Affinity::MaxConnections),
        v1::HashAffinity::MaxQueue => Some(Affinity::MaxQueue),
        v1::HashAffinity::Unspecified => scope.fault(Fault::Unset("affinity")),
    }
}

fn key((wire, in_body): (Option<&Key>, bool), mode: Option<Mode>, scope: &mut Scope<'_>) -> Option<HashKey> {
    let is_http = matches!(wire, Some(Key::Uri(_) | Key::UrlParameter(_) | Key::Header(_)));
    if is_http && mode == Some(Mode::Tcp) {
        return scope.fault(Fault::Meaningless { what: "a key of HTTP in mode tcp" });
    }
    if (is_http || matches!(wire, Some(Key::RdpCookie(_)))) && mode == Some(Mode::Udp) {
        return scope.fault(Fault::Meaningless { what: "a key of HTTP or RDP in UDP mode" });
    }
    match wire {
        None => scope.fault(Fault::Unset("key")),
        Some(Key::Source(_)) => Some(HashKey::Source),
        Some(Key::Uri(uri)) => Some(HashKey::Uri {
            length: NonZeroU32::new(uri.length),
            depth: NonZeroU32::new(uri.depth),
            whole: uri.whole,
            path_only: uri.path_only,
        }),
        Some(Key::UrlParameter(name)) => {
            text("url_parameter", name, scope).map(|name| HashKey::UrlParameter { name, in_body })
        }
        Some(Key::Header(header)) => {
            let name = scope.at("header", |scope| rule::header_name(&header.name, scope))?;
            Some(HashKey::Header { name, domain_only: header.domain_only })
        }
        Some(Key::RdpCookie(_)) if mode == Some(Mode::Http) => {
            scope.fault(Fault::Meaningless { what: "a cookie of RDP in mode http" })
        }
        Some(Key::RdpCookie(name)) => text("rdp_cookie", name, scope).map(HashKey::RdpCookie),
        Some(Key::Sample(wire)) => {
            scope.at("sample", |scope| call::sample(Some(wire), scope)).map(HashKey::Sample)
        }
    }
}

fn text(what: &'static str, text: &str, scope: &mut Scope<'_>) -> Option<Box<[u8]>> {
    match scope.text(what, text)? {
        Some(text) => Some(text.as_bytes().into()),
        None => scope.fault(Fault::Empty { what }),
    }
}
