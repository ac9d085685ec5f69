//! How connections to an endpoint are made, and what is kept of them.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, call, endpoint, format, tls};
use crate::outgoing::{
    Foreign, KeepAlive, Outgoing, OutgoingHttp, PURGE_DELAY, Pool, ProxyHeader, ProxyValue, ProxyVersion,
    Source, ToldOfTls, WebSocketHttp,
};

/// Values of one's own in a PROXY header.
const MAX_VALUES: usize = 32;
/// The type of its checksum (section 2.2.3).
const CHECKSUM: u8 = 3;
/// Connections opened ahead.
const MAX_WARM: i64 = 1_000;
/// What the kernel takes (tcp(7)): TCP_KEEPIDLE, TCP_KEEPINTVL.
const MAX_KEEP_ALIVE_SECONDS: i64 = 32_767;
/// The same: TCP_KEEPCNT.
const MAX_KEEP_ALIVE_COUNT: i64 = 127;

pub(super) fn pool(wire: Option<&v1::Pool>, scope: &mut Scope<'_>) -> Option<Pool> {
    let Some(wire) = wire else { return Some(Pool::default()) };
    scope.at("pool", |scope| {
        let purge_delay = match wire.purge_delay_ms {
            None => Some(Some(PURGE_DELAY)),
            Some(0) => Some(None),
            Some(ms) => scope.milliseconds("purge_delay_ms", ms).map(Some),
        };
        scope.range("warm", wire.warm, 0, MAX_WARM)?;
        Some(Pool {
            max_idle: wire.max_idle,
            purge_delay: purge_delay?,
            max_reuse: wire.max_reuse,
            warm: wire.warm,
            low: wire.low,
        })
    })
}

/// `None` within: nothing about its connections is said.
pub(super) fn outgoing(wire: &v1::Endpoint, scope: &mut Scope<'_>) -> Option<Option<Arc<Outgoing>>> {
    let source = optional(wire.source.as_ref(), |wire| scope.at("source", |scope| source(wire, scope)));
    let user_timeout = user_timeout(wire.user_timeout_ms, scope);
    let keep_alive = keep_alive(wire.keep_alive.as_ref(), scope);
    let proxy_header = optional(wire.proxy_header.as_ref(), |wire| {
        scope.at("proxy_header", |scope| Some((proxy_header(wire, scope)?, proxy_values(wire, scope)?)))
    });
    let tls = tls::of_endpoint(wire, scope);
    let http = match scope.value::<v1::EndpointHttp>("http_protocol", wire.http_protocol) {
        Some(v1::EndpointHttp::Http1) => Some(OutgoingHttp::Http1),
        Some(v1::EndpointHttp::Http2) => Some(OutgoingHttp::Http2),
        Some(v1::EndpointHttp::Negotiated) => Some(OutgoingHttp::Negotiated),
        None => None,
    };
    let web_sockets = match scope.value::<v1::WebSocketHttp>("web_sockets", wire.web_sockets) {
        Some(v1::WebSocketHttp::Auto) => Some(WebSocketHttp::Auto),
        Some(v1::WebSocketHttp::Http1) => Some(WebSocketHttp::Http1),
        Some(v1::WebSocketHttp::Http2) => Some(WebSocketHttp::Http2),
        None => None,
    };
    let (source, interface, foreign) = source?.unwrap_or_default();
    let (proxy_header, proxy_values) = proxy_header?.unzip();
    let outgoing = Outgoing {
        source,
        foreign,
        interface,
        user_timeout: user_timeout?,
        keep_alive: keep_alive?,
        proxy_header,
        tls: tls?,
        http: http?,
        web_sockets: web_sockets?,
        proxy_values: proxy_values.unwrap_or_default(),
    };
    Some((outgoing != Outgoing::default()).then(|| Arc::new(outgoing)))
}

fn proxy_header(wire: &v1::ProxyHeader, scope: &mut Scope<'_>) -> Option<ProxyHeader> {
    let v1::ProxyHeader { version, checksum, authority, tls, common_name, cipher, signature, key, .. } =
        *wire;
    let told = ToldOfTls { common_name, cipher, signature, key };
    if !tls && told != ToldOfTls::default() {
        return scope.fault(Fault::Meaningless { what: "a value about TLS without `tls`" });
    }
    let tls = tls.then_some(told);
    let version = match scope.known::<v1::ProxyVersion>("version", version)? {
        v1::ProxyVersion::One if checksum || authority || tls.is_some() || !wire.values.is_empty() => {
            return scope.fault(Fault::Meaningless { what: "a value in a header of version 1" });
        }
        v1::ProxyVersion::One => ProxyVersion::One,
        v1::ProxyVersion::Two => ProxyVersion::Two,
        v1::ProxyVersion::Unspecified => return scope.fault(Fault::Unset("version")),
    };
    Some(ProxyHeader { version, checksum, authority, tls })
}

fn proxy_values(wire: &v1::ProxyHeader, scope: &mut Scope<'_>) -> Option<Arc<[ProxyValue]>> {
    scope.count("values", wire.values.len(), MAX_VALUES)?;
    let values = scope.each("value", &wire.values, |scope, wire| {
        let kind = match u8::try_from(wire.kind) {
            Ok(CHECKSUM) | Err(_) => return scope.fault(Fault::Meaningless { what: "a value of this type" }),
            Ok(kind) => kind,
        };
        match &wire.value {
            Some(format) => Some(ProxyValue { kind, format: format::format(format, scope)? }),
            None => scope.fault(Fault::Unset("value")),
        }
    });
    values.map(Arc::from)
}

type From = (Option<Source>, Option<Box<str>>, Option<Foreign>);

fn source(wire: &v1::Source, scope: &mut Scope<'_>) -> Option<From> {
    let interface = endpoint::interface(&wire.interface, scope);
    let address =
        optional(wire.address.as_ref(), |wire| scope.at("address", |scope| address::socket(wire, 0, scope)));
    let foreign = optional(wire.foreign.as_ref(), |wire| scope.at("foreign", |scope| foreign(wire, scope)));
    let (address, foreign) = (address?, foreign?);
    let last_port = address::port(wire.last_port, 0, scope).map(NonZeroU16::new)?;
    let first_port = address.map_or(0, |address| address.port());
    match last_port {
        Some(last) if first_port == 0 || last.get() < first_port => {
            scope.fault(Fault::Meaningless { what: "last_port without a port below it" })
        }
        _ => Some((address.map(|address| Source { address, last_port }), interface?, foreign)),
    }
}

fn foreign(wire: &v1::ForeignSource, scope: &mut Scope<'_>) -> Option<Foreign> {
    use v1::foreign_source::Of;
    match &wire.of {
        None => scope.fault(Fault::Unset("of")),
        Some(Of::Client(_)) => Some(Foreign::Client),
        Some(Of::ClientAddress(_)) => Some(Foreign::ClientAddress),
        Some(Of::Address(wire)) => address::socket(wire, 0, scope).map(Foreign::Address),
        Some(Of::Told(wire)) => call::sample(Some(wire), scope).map(Foreign::Told),
    }
}

pub(super) fn user_timeout(ms: u64, scope: &mut Scope<'_>) -> Option<Option<Duration>> {
    match ms {
        0 => Some(None),
        ms => scope.milliseconds("user_timeout_ms", ms).map(Some),
    }
}

pub(super) fn keep_alive(wire: Option<&v1::KeepAlive>, scope: &mut Scope<'_>) -> Option<Option<KeepAlive>> {
    optional(wire, |wire| {
        scope.at("keep_alive", |scope| {
            let seconds = |seconds: u32| (seconds > 0).then(|| Duration::from_secs(seconds.into()));
            scope.range("count", wire.count, 0, MAX_KEEP_ALIVE_COUNT)?;
            scope.range("idle_seconds", wire.idle_seconds, 0, MAX_KEEP_ALIVE_SECONDS)?;
            scope.range("interval_seconds", wire.interval_seconds, 0, MAX_KEEP_ALIVE_SECONDS)?;
            Some(KeepAlive {
                count: NonZeroU32::new(wire.count),
                idle: seconds(wire.idle_seconds),
                interval: seconds(wire.interval_seconds),
            })
        })
    })
}
