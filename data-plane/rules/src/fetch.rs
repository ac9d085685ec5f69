//! Fetches: the values that a message has for an expression.

use std::net::SocketAddr;
use std::num::{NonZeroI64, NonZeroU32};
use std::ops::ControlFlow;
use std::time::Duration;

use sluicegate_model::expr::{Direction, Fetch, HeaderRef, TimeUnit, ValueType};

use crate::content;
use crate::header;
use crate::message::Message;
use crate::target;
use crate::value::Value;

/// How many of its values a fetch gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One, as a format wants it: the last of a header or cookie, the first of a parameter.
    One,
    /// One after the other until the visitor breaks, as a test wants it.
    Every,
}

/// Shows the values of a fetch to `visit`, in order, with the buffer that it may write to (empty, save for what the
/// value itself is in). Breaks as soon as `visit` does.
pub(crate) fn visit<M: Message>(
    fetch: &Fetch,
    message: &M,
    extent: Extent,
    buffer: &mut Vec<u8>,
    visit: &mut impl FnMut(Value<'_>, &mut Vec<u8>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    buffer.clear();
    let one = match fetch {
        Fetch::Bool(truth) => Some(Value::Bool(*truth)),
        Fetch::Int(number) => Some(Value::Int(*number)),
        Fetch::Str(text) => Some(Value::Text(text)),
        Fetch::Base => base(message, buffer),
        Fetch::BackendName => message.backend_name().map(Value::Text),
        Fetch::FrontendName => Some(Value::Text(message.frontend_name())),
        Fetch::Destination => message.destination().map(ip),
        Fetch::DestinationPort => message.destination().map(port),
        Fetch::Source => message.source().map(ip),
        Fetch::SourcePort => message.source().map(port),
        Fetch::Tls => Some(Value::Bool(message.tls().is_some())),
        Fetch::TlsFact(fact) => message.tls().and_then(|tls| tls.value(*fact)),
        Fetch::TlsName(wanted) => message.tls().and_then(|tls| tls.name(wanted, buffer)),
        Fetch::ServerTls(wanted) => crate::tls::of_server(wanted, message, buffer),
        Fetch::Method => message.method().map(Value::Text),
        Fetch::Path => message.target().and_then(target::path).map(Value::Text),
        Fetch::PathAndQuery => message.target().and_then(target::path_and_query).map(Value::Text),
        Fetch::Query => message.target().and_then(target::query).map(Value::Text),
        Fetch::Url => message.target().map(Value::Text),
        Fetch::IsHttp => Some(Value::Bool(message.is_http())),
        Fetch::Version(direction) => message.version(*direction).map(Value::Text),
        Fetch::Figure(figure) => message.figure(figure).map(|number| match figure.yields() {
            ValueType::Bool => Value::Bool(number != 0),
            _ => Value::Int(number),
        }),
        Fetch::Date { offset, unit } => Some(date(message.unix_time(), *offset, *unit)),
        Fetch::Random(below) => Some(random(message.random(), *below)),
        Fetch::HasProxyHeader => Some(Value::Bool(message.has_proxy_header())),
        Fetch::HostName => Some(Value::Text(message.host_name())),
        Fetch::Content(direction, content) => content::value((*direction, content), message, buffer),
        Fetch::Status => message.status().map(|status| Value::Int(status.into())),
        Fetch::CacheHit => Some(Value::Bool(message.answering_cache().is_some())),
        Fetch::CacheName => message.answering_cache().map(Value::Text),
        Fetch::Compressed => Some(Value::Bool(message.compressed_with().is_some())),
        Fetch::CompressedWith => {
            message.compressed_with().map(|coding| Value::Text(coding.name().as_bytes()))
        }
        Fetch::CookieCount(name) => Some(count(cookies(message, name))),
        Fetch::HeaderCount(header) if header.whole => Some(count(lines(message, header))),
        Fetch::HeaderCount(header) => Some(count(values(message, header))),
        Fetch::ProxyValue(kind) => {
            let mut found = message.proxy_values(*kind).map(Value::Text);
            return match extent {
                Extent::One => show(found.next(), buffer, visit),
                Extent::Every => show_all(found, buffer, visit),
            };
        }
        Fetch::UrlParam { name, delimiter } => {
            let mut found = target::parameters(message.target().unwrap_or_default(), name, *delimiter);
            return match extent {
                Extent::One => show(found.next().map(Value::Text), buffer, visit),
                Extent::Every => show_all(found.map(Value::Text), buffer, visit),
            };
        }
        Fetch::Cookie(name) => {
            let found = || cookies(message, name).map(Value::Text);
            return occurrence(found, None, extent, buffer, visit);
        }
        Fetch::Header(header) if header.whole => {
            let found = || lines(message, header).map(Value::Text);
            return occurrence(found, header.occurrence, extent, buffer, visit);
        }
        Fetch::Header(header) => {
            let found = || values(message, header).map(Value::Text);
            return occurrence(found, header.occurrence, extent, buffer, visit);
        }
        Fetch::HeaderIp(header) => {
            let found = || values(message, header).map(|value| header::address(value).map(Value::Ip));
            return if header.occurrence.is_none() && extent == Extent::Every {
                show_all(found().flatten(), buffer, visit)
            } else {
                show(nth(found, header.occurrence).flatten(), buffer, visit)
            };
        }
        Fetch::HeaderInt(header) => {
            let found = || values(message, header).map(|value| Value::Int(header::leading_number(value)));
            return occurrence(found, header.occurrence, extent, buffer, visit);
        }
    };
    show(one, buffer, visit)
}

type Flow = ControlFlow<()>;

fn show(
    value: Option<Value<'_>>,
    buffer: &mut Vec<u8>,
    visit: &mut impl FnMut(Value<'_>, &mut Vec<u8>) -> Flow,
) -> Flow {
    value.map_or(Flow::Continue(()), |value| visit(value, buffer))
}

fn show_all<'a>(
    mut values: impl Iterator<Item = Value<'a>>,
    buffer: &mut Vec<u8>,
    visit: &mut impl FnMut(Value<'_>, &mut Vec<u8>) -> Flow,
) -> Flow {
    values.try_for_each(|value| {
        buffer.clear();
        visit(value, buffer)
    })
}

/// The asked-for occurrence; all, or the last, where none is asked for.
fn occurrence<'a, I: Iterator<Item = Value<'a>>>(
    found: impl Fn() -> I,
    wanted: Option<NonZeroI64>,
    extent: Extent,
    buffer: &mut Vec<u8>,
    visit: &mut impl FnMut(Value<'_>, &mut Vec<u8>) -> Flow,
) -> Flow {
    if wanted.is_none() && extent == Extent::Every {
        return show_all(found(), buffer, visit);
    }
    show(nth(found, wanted), buffer, visit)
}

/// From 1 at the start, from -1 at the end; `None` is -1. Counting from the end takes two passes and no memory.
fn nth<T, I: Iterator<Item = T>>(found: impl Fn() -> I, wanted: Option<NonZeroI64>) -> Option<T> {
    let wanted = wanted.map_or(-1, NonZeroI64::get);
    let distance = usize::try_from(wanted.unsigned_abs()).ok()?;
    if wanted == -1 {
        return found().last();
    }
    let index = if wanted > 0 { distance - 1 } else { found().count().checked_sub(distance)? };
    found().nth(index)
}

fn count<T>(found: impl Iterator<Item = T>) -> Value<'static> {
    Value::Int(i64::try_from(found.count()).unwrap_or(i64::MAX))
}

fn date(now: Duration, offset: i64, unit: TimeUnit) -> Value<'static> {
    let now = match unit {
        TimeUnit::Seconds => now.as_secs().into(),
        TimeUnit::Millis => now.as_millis(),
        TimeUnit::Micros => now.as_micros(),
    };
    Value::Int(i64::try_from(now).unwrap_or(i64::MAX).saturating_add(offset))
}

/// Each number is as likely as the others, but for one part in so many as there are numbers above the range.
fn random(number: u32, below: Option<NonZeroU32>) -> Value<'static> {
    Value::Int(match below {
        None => number.into(),
        Some(below) => ((u64::from(number) * u64::from(below.get())) >> 32) as i64,
    })
}

fn ip(address: SocketAddr) -> Value<'static> {
    Value::Ip(address.ip().to_canonical())
}

fn port(address: SocketAddr) -> Value<'static> {
    Value::Int(address.port().into())
}

fn lines<'a, M: Message>(message: &'a M, header: &'a HeaderRef) -> impl Iterator<Item = &'a [u8]> {
    message.header(header.direction, header.name.as_bytes())
}

fn values<'a, M: Message>(message: &'a M, header: &'a HeaderRef) -> impl Iterator<Item = &'a [u8]> {
    lines(message, header).flat_map(header::values)
}

fn cookies<'a, M: Message>(message: &'a M, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    message.header(Direction::Request, b"cookie").flat_map(move |line| header::cookies(line, name))
}

/// The first Host value and the path; the path alone where there is no Host.
fn base<'a, M: Message>(message: &'a M, buffer: &mut Vec<u8>) -> Option<Value<'a>> {
    let path = message.target().and_then(target::path);
    let Some(host) = host(message).filter(|host| !host.is_empty()) else { return path.map(Value::Text) };
    buffer.extend_from_slice(host);
    buffer.extend_from_slice(path.unwrap_or_default());
    Some(Value::Buffered(0..buffer.len()))
}

/// The first Host value.
pub(crate) fn host<M: Message>(message: &M) -> Option<&[u8]> {
    message.header(Direction::Request, b"host").next()
}
