//! Parts of messages that rules give other values.

use sluicegate_proto::v1::{self, Normalizer as WireNormalizer, Part as WirePart};

use super::reason::Fault;
use super::scope::Scope;
use super::{matcher, rule};
use crate::rule::{Normalizer, Part, Rewrite, StatusLine, TargetPart};

pub(super) fn rewrite(wire: &v1::Rewrite, scope: &mut Scope<'_>) -> Option<Rewrite> {
    let part = part(wire, scope);
    let pattern = match &wire.pattern {
        None => Some(None),
        Some(pattern) => {
            scope.length("pattern", pattern.as_bytes())?;
            matcher::regex(pattern.as_bytes(), false, scope).map(Some)
        }
    };
    let value = rule::value("value", wire.value.as_ref(), scope);
    Some(Rewrite { part: part?, pattern: pattern?, value: value? })
}

fn part(wire: &v1::Rewrite, scope: &mut Scope<'_>) -> Option<Part> {
    let part = scope.known::<WirePart>("part", wire.part)?;
    let header = matches!(part, WirePart::HeaderLines | WirePart::HeaderValues);
    match (&wire.pattern, part) {
        (Some(_), WirePart::Method | WirePart::Query) => {
            return scope.fault(Fault::Meaningless { what: "pattern" });
        }
        (None, _) if header => return scope.fault(Fault::Unset("pattern")),
        _ => {}
    }
    if !header && !wire.name.is_empty() {
        return scope.fault(Fault::Meaningless { what: "name" });
    }
    match part {
        WirePart::Unspecified => scope.fault(Fault::Unset("part")),
        WirePart::Method => Some(Part::Method),
        WirePart::Path => Some(Part::Target(TargetPart::Path)),
        WirePart::PathAndQuery => Some(Part::Target(TargetPart::PathAndQuery)),
        WirePart::Query => Some(Part::Target(TargetPart::Query)),
        WirePart::Uri => Some(Part::Target(TargetPart::Uri)),
        WirePart::HeaderLines => rule::header_name(&wire.name, scope).map(Part::HeaderLines),
        WirePart::HeaderValues => rule::header_name(&wire.name, scope).map(Part::HeaderValues),
    }
}

pub(super) fn normalizer(wire: &v1::Normalize, scope: &mut Scope<'_>) -> Option<Normalizer> {
    let normalizer = match scope.known::<WireNormalizer>("normalizer", wire.normalizer)? {
        WireNormalizer::Unspecified => return scope.fault(Fault::Unset("normalizer")),
        WireNormalizer::MergeSlashes => Normalizer::MergeSlashes,
        WireNormalizer::StripDot => Normalizer::StripDot,
        WireNormalizer::StripDotDot => return Some(Normalizer::StripDotDot { full: wire.full }),
        WireNormalizer::PercentToUppercase => Normalizer::PercentToUppercase,
        WireNormalizer::DecodeUnreserved => Normalizer::DecodeUnreserved,
        WireNormalizer::StripFragment => Normalizer::StripFragment,
        WireNormalizer::EncodeFragment => Normalizer::EncodeFragment,
        WireNormalizer::SortQuery => Normalizer::SortQuery,
    };
    if wire.full { scope.fault(Fault::Meaningless { what: "full" }) } else { Some(normalizer) }
}

pub(super) fn status_line(wire: &v1::SetStatus, scope: &mut Scope<'_>) -> Option<StatusLine> {
    let status = scope.range("status", wire.status, 100, 999);
    let reason = scope.text("reason", &wire.reason)?;
    if let Some(reason) = &reason {
        rule::header_bytes(reason.as_bytes(), scope)?;
    }
    Some(StatusLine { status: u16::try_from(status?).ok()?, reason })
}
