//! What a receiver must know to serve a resource as it is meant.
//!
//! A snapshot names the capabilities that it needs, a proxy's Hello those that it has: what an older proxy would
//! overlook or refuse is not pushed to it. A name is an area and a word: `action.redirect`, `fetch.path`, `match.reg`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::catalog::{ALIASES, CHECK_FETCHES, CONVERTERS, FETCHES};
use crate::v1::{Match, Resource};

mod needs;

/// One capability.
pub type Capability = Cow<'static, str>;

/// What a value of this build's schema may say without needing more than its field: all but the expression language.
/// What begins with `ask.` is what a [`Question`](crate::v1::Question) needs.
const PLAIN: &[&str] = &[
    "abort-on-close",
    "action.add-header",
    "action.allow",
    "action.close-endpoint",
    "action.del-header",
    "action.deny",
    "action.disable-retries",
    "action.normalize",
    "action.redirect",
    "action.return",
    "action.rewrite",
    "action.service",
    "action.set-header",
    "action.set-priority",
    "action.set-retries",
    "action.set-status",
    "action.store-in-cache",
    "action.switch-to-http",
    "action.use-cache",
    "address.descriptor",
    "address.host",
    "address.ip",
    "address.unix",
    "ask.caches",
    "ask.clear-counters",
    "ask.end-sessions",
    "ask.errors",
    "ask.resolvers",
    "ask.sessions",
    "balance.affinity",
    "balance.first",
    "balance.hash",
    "balance.in-body",
    "balance.least_connections",
    "balance.maglev",
    "balance.peak_ewma",
    "balance.random",
    "balance.rdp-cookie",
    "balance.round_robin",
    "balance.static_round_robin",
    SECRETS,
    "check.formula",
    "check.http2",
    "check.initial-state",
    "check.paused",
    "check.send-proxy",
    "check.tls",
    "check.udp",
    "endpoint.agent",
    "endpoint.client-address",
    "endpoint.client-port",
    "endpoint.drain",
    "endpoint.ends-sessions",
    "endpoint.forced-health",
    "endpoint.hash-identity",
    "endpoint.http2",
    "endpoint.min-connections",
    "endpoint.observation",
    "endpoint.pool",
    "endpoint.pool-low",
    "endpoint.proxy-protocol",
    "endpoint.proxy-protocol-tls",
    "endpoint.proxy-protocol-values",
    "endpoint.resolution",
    "endpoint.slow-start",
    "endpoint.source",
    "endpoint.source-foreign",
    "endpoint.tls",
    "endpoint.tls-signatures",
    "endpoint.track",
    "endpoint.web-sockets",
    "error-page",
    "forwarded-for",
    "hold",
    "http-reuse",
    "http.compression",
    "http.request-compression",
    "kind.backend",
    "kind.blob",
    "kind.cache",
    "kind.endpoint",
    "kind.frontend",
    "kind.listener",
    "kind.patterns",
    "kind.process",
    "kind.resolvers",
    "kind.route",
    "listener.connection-rules",
    "listener.http-protocol",
    "listener.proxy-protocol",
    "listener.tls",
    "listener.udp",
    "log",
    "log.at-start",
    "log.backend",
    "log.errors",
    "log.format",
    "log.probes",
    "log.sample",
    "log.stream",
    "log.structured-data",
    "max-private-connections",
    "mode.http",
    "mode.tcp",
    "mode.udp",
    "outlier-ejection",
    "persistence.assignment",
    "persistence.cookie",
    "persistence.max-keep-alive-queue",
    "persistence.prefer-last",
    "persistence.rdp-cookie",
    "persistence.rule",
    "probe.grpc",
    "probe.http",
    PROGRAMS,
    "probe.script",
    "probe.tcp",
    "process.http2",
    "resolvers.fresh",
    "retry-on",
    "socket.keep-alive",
    "socket.user-timeout",
    "stats.admin",
    "tcp.inspect",
    "tcp.inspect-responses",
    "tls.client-order",
    "tls.signatures",
    "tls.ticket-keys",
];

static OF_THIS_BUILD: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let plain = PLAIN.iter().map(|&name| name.to_owned());
    let all_fetches = FETCHES.iter().chain(CHECK_FETCHES);
    let fetches = all_fetches.map(|spec| format!("fetch.{}", spec.canonical));
    let converters = CONVERTERS.iter().map(|spec| format!("convert.{}", spec.name));
    let aliases = ALIASES.iter().map(|spec| format!("alias.{}", spec.name));
    let matches = MATCHES.iter().map(|&(_, word)| format!("match.{word}"));
    plain.chain(fetches).chain(converters).chain(aliases).chain(matches).collect()
});

/// HAProxy's words for how a test compares.
const MATCHES: [(Match, &str); 13] = [
    (Match::Found, "found"),
    (Match::Bool, "bool"),
    (Match::Int, "int"),
    (Match::Ip, "ip"),
    (Match::Str, "str"),
    (Match::Beg, "beg"),
    (Match::End, "end"),
    (Match::Sub, "sub"),
    (Match::Dir, "dir"),
    (Match::Dom, "dom"),
    (Match::Reg, "reg"),
    (Match::Len, "len"),
    (Match::Bin, "bin"),
];

/// What a proxy has only where it was started so: it runs programs of its host.
pub const PROGRAMS: &str = "probe.program";

/// What a proxy has only where nobody can listen to what it is sent: it takes private keys.
pub const SECRETS: &str = "blob.secret";

/// All capabilities of this build.
pub fn of_this_build() -> &'static BTreeSet<String> {
    &OF_THIS_BUILD
}

/// What serving `resource` needs. A part that this build does not know itself (an unset `oneof`, a number without a
/// meaning) adds nothing: compiling refuses it.
pub fn needed(resource: &Resource) -> BTreeSet<Capability> {
    let mut needs = needs::Needs::default();
    needs.resource(resource);
    needs.0
}

#[cfg(test)]
mod tests;
