//! Log targets and formats.

use std::num::NonZeroU32;
use std::sync::Arc;

use sluicegate_proto::limits::MAX_LOG_TARGETS;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, format};
use crate::logging::{LogAddress, LogPeer, LogSample, LogStream, LogTarget, Logging, SyslogFormat};

/// HAProxy: log ... len, its default and its bounds.
const DEFAULT_LINE_BYTES: u32 = 1_024;
const LEAST_LINE_BYTES: i64 = 80;
const MOST_LINE_BYTES: i64 = 65_535;
/// HAProxy: ring ... size, its default and our bounds.
const DEFAULT_BUFFER_BYTES: u32 = 16_384;
const LEAST_BUFFER_BYTES: i64 = 1_024;
const MOST_BUFFER_BYTES: i64 = 64 << 20;
const DEFAULT_CONNECT_MS: u64 = 5_000;
/// Ranges of one sample.
const MOST_RANGES: usize = 256;

pub(super) fn logging(wire: Option<&v1::Logging>, scope: &mut Scope<'_>) -> Option<Logging> {
    let Some(wire) = wire else { return Some(Logging::default()) };
    let targets = targets(&wire.targets, scope);
    let format =
        optional(wire.format.as_ref(), |wire| scope.at("format", |scope| format::format(wire, scope)));
    let structured_data = optional(wire.structured_data.as_ref(), |wire| {
        scope.at("structured_data", |scope| format::format(wire, scope))
    });
    Some(Logging {
        targets: targets?,
        format: format?,
        skip_null: wire.skip_null,
        at_start: wire.at_start,
        structured_data: structured_data?,
        separate_errors: wire.separate_errors,
        errors_only: wire.errors_only,
    })
}

pub(super) fn targets(wire: &[v1::LogTarget], scope: &mut Scope<'_>) -> Option<Vec<LogTarget>> {
    scope.count("targets", wire.len(), MAX_LOG_TARGETS)?;
    scope.each("target", wire, |scope, wire| target(wire, scope))
}

fn target(wire: &v1::LogTarget, scope: &mut Scope<'_>) -> Option<LogTarget> {
    use v1::log_target::Address;
    let address = match &wire.address {
        None => scope.fault(Fault::Unset("address")),
        Some(Address::Ip(ip)) => address::socket(ip, 1, scope).map(LogAddress::Ip),
        Some(Address::Unix(unix)) => address::unix_peer(unix, scope).map(LogAddress::Unix),
        Some(Address::Descriptor(descriptor)) => Some(LogAddress::Descriptor(*descriptor)),
        Some(Address::Host(host)) => address::host(host, 1, scope).map(LogAddress::Host),
        Some(Address::Stream(wire)) => {
            scope.at("stream", |scope| stream(wire, scope)).map(|stream| LogAddress::Stream(Arc::new(stream)))
        }
    };
    let format = match scope.known("format", wire.format) {
        Some(v1::SyslogFormat::Rfc3164) => Some(SyslogFormat::Rfc3164),
        Some(v1::SyslogFormat::Rfc5424) => Some(SyslogFormat::Rfc5424),
        Some(v1::SyslogFormat::Short) => Some(SyslogFormat::Short),
        Some(v1::SyslogFormat::Raw) => Some(SyslogFormat::Raw),
        Some(v1::SyslogFormat::Local) => Some(SyslogFormat::Local),
        Some(v1::SyslogFormat::Priority) => Some(SyslogFormat::Priority),
        Some(v1::SyslogFormat::Timed) => Some(SyslogFormat::Timed),
        Some(v1::SyslogFormat::Iso) => Some(SyslogFormat::Iso),
        Some(v1::SyslogFormat::Unspecified) | None => None,
    };
    let facility = small("facility", wire.facility, 23, scope);
    let max_level = small("max_level", wire.max_level, 7, scope);
    let min_level = small("min_level", wire.min_level, 7, scope);
    let length = if wire.max_length_bytes == 0 { DEFAULT_LINE_BYTES } else { wire.max_length_bytes };
    let length = scope.range("max_length_bytes", length, LEAST_LINE_BYTES, MOST_LINE_BYTES);
    let tag = scope.text("tag", &wire.tag);
    let hostname = scope.text("hostname", &wire.hostname);
    let sample = optional(wire.sample.as_ref(), |wire| sample(wire, scope));
    Some(LogTarget {
        address: address?,
        format: format?,
        facility: facility?,
        max_level: max_level?,
        min_level: min_level?,
        max_length_bytes: usize::try_from(length?).ok()?,
        tag: tag?,
        hostname: hostname?,
        sample: sample?,
    })
}

fn stream(wire: &v1::LogStream, scope: &mut Scope<'_>) -> Option<LogStream> {
    use v1::log_stream::Address;
    let peer = match &wire.address {
        None => scope.fault(Fault::Unset("address")),
        Some(Address::Ip(ip)) => address::socket(ip, 1, scope).map(LogPeer::Ip),
        Some(Address::Unix(unix)) => address::unix_peer(unix, scope).map(LogPeer::Unix),
        Some(Address::Host(host)) => address::host(host, 1, scope).map(LogPeer::Host),
    };
    let buffer = if wire.buffer_bytes == 0 { DEFAULT_BUFFER_BYTES } else { wire.buffer_bytes };
    let buffer = scope.range("buffer_bytes", buffer, LEAST_BUFFER_BYTES, MOST_BUFFER_BYTES);
    let connect = wire.connect_timeout_ms.unwrap_or(DEFAULT_CONNECT_MS);
    let connect = scope.milliseconds("connect_timeout_ms", connect);
    let write = optional(wire.write_timeout_ms, |ms| scope.milliseconds("write_timeout_ms", ms));
    let name = scope.text("name", &wire.name);
    Some(LogStream {
        peer: peer?,
        name: name?,
        octet_counting: wire.octet_counting,
        buffer_bytes: usize::try_from(buffer?).ok()?,
        connect_timeout: connect?,
        write_timeout: write?,
    })
}

fn sample(wire: &v1::LogSample, scope: &mut Scope<'_>) -> Option<LogSample> {
    scope.count("sample ranges", wire.ranges.len(), MOST_RANGES)?;
    scope.range("sample size", wire.size, 1, u32::MAX.into())?;
    let mut ranges = Vec::with_capacity(wire.ranges.len());
    let mut before = 0;
    for &v1::log_sample::Range { first, last } in &wire.ranges {
        scope.range("first turn of a sample", first, before + 1, wire.size.into())?;
        scope.range("last turn of a sample", last, first.into(), wire.size.into())?;
        ranges.push((first, last));
        before = last.into();
    }
    Some(LogSample { ranges: ranges.into(), size: NonZeroU32::new(wire.size)? })
}

fn small(what: &'static str, value: u32, most: u8, scope: &mut Scope<'_>) -> Option<u8> {
    u8::try_from(scope.range(what, value, 0, most.into())?).ok()
}
