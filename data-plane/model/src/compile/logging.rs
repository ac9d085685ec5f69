//! Log targets and formats.

use sluicegate_proto::limits::MAX_LOG_TARGETS;
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use super::{address, format};
use crate::logging::{LogAddress, LogTarget, Logging, SyslogFormat};

/// HAProxy: log ... len, its default and its bounds.
const DEFAULT_LINE_BYTES: u32 = 1_024;
const LEAST_LINE_BYTES: i64 = 80;
const MOST_LINE_BYTES: i64 = 65_535;

pub(super) fn logging(wire: Option<&v1::Logging>, scope: &mut Scope<'_>) -> Option<Logging> {
    let Some(wire) = wire else { return Some(Logging::default()) };
    scope.count("targets", wire.targets.len(), MAX_LOG_TARGETS)?;
    let targets = scope.each("target", &wire.targets, |scope, wire| target(wire, scope));
    let format =
        optional(wire.format.as_ref(), |wire| scope.at("format", |scope| format::format(wire, scope)));
    Some(Logging { targets: targets?, format: format?, skip_null: wire.skip_null, at_start: wire.at_start })
}

fn target(wire: &v1::LogTarget, scope: &mut Scope<'_>) -> Option<LogTarget> {
    use v1::log_target::Address;
    let address = match &wire.address {
        None => scope.fault(Fault::Unset("address")),
        Some(Address::Ip(ip)) => address::socket(ip, 1, scope).map(LogAddress::Ip),
        Some(Address::Unix(unix)) => address::unix_peer(unix, scope).map(LogAddress::Unix),
        Some(Address::Descriptor(descriptor)) => Some(LogAddress::Descriptor(*descriptor)),
        Some(Address::Host(host)) => address::host(host, scope).map(LogAddress::Host),
    };
    let format = match scope.known("format", wire.format) {
        Some(v1::SyslogFormat::Rfc3164) => Some(SyslogFormat::Rfc3164),
        Some(v1::SyslogFormat::Rfc5424) => Some(SyslogFormat::Rfc5424),
        Some(v1::SyslogFormat::Short) => Some(SyslogFormat::Short),
        Some(v1::SyslogFormat::Raw) => Some(SyslogFormat::Raw),
        Some(v1::SyslogFormat::Local) => Some(SyslogFormat::Local),
        Some(v1::SyslogFormat::Unspecified) | None => None,
    };
    let facility = small("facility", wire.facility, 23, scope);
    let max_level = small("max_level", wire.max_level, 7, scope);
    let min_level = small("min_level", wire.min_level, 7, scope);
    let length = if wire.max_length_bytes == 0 { DEFAULT_LINE_BYTES } else { wire.max_length_bytes };
    let length = scope.range("max_length_bytes", length, LEAST_LINE_BYTES, MOST_LINE_BYTES);
    let tag = scope.text("tag", &wire.tag);
    let hostname = scope.text("hostname", &wire.hostname);
    Some(LogTarget {
        address: address?,
        format: format?,
        facility: facility?,
        max_level: max_level?,
        min_level: min_level?,
        max_length_bytes: usize::try_from(length?).ok()?,
        tag: tag?,
        hostname: hostname?,
    })
}

fn small(what: &'static str, value: u32, most: u8, scope: &mut Scope<'_>) -> Option<u8> {
    u8::try_from(scope.range(what, value, 0, most.into())?).ok()
}
