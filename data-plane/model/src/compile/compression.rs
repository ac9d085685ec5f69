//! What bodies are compressed.

use sluicegate_proto::limits::{MAX_ALGORITHMS, MAX_CONTENT_TYPES};
use sluicegate_proto::v1;

use super::part::optional;
use super::reason::Fault;
use super::scope::Scope;
use crate::compression::{Algorithm, Compression, ContentCoding, RequestCompression};
use crate::frontend::Mode;

/// Of a frontend or backend in that mode.
pub(super) fn compression(
    wire: Option<&v1::Compression>,
    mode: Option<Mode>,
    scope: &mut Scope<'_>,
) -> Option<Option<Box<Compression>>> {
    let Some(wire) = wire else { return Some(None) };
    scope.at("compression", |scope| {
        match mode {
            Some(Mode::Tcp) => return scope.fault(Fault::Meaningless { what: "compression in TCP mode" }),
            Some(Mode::Udp) => return scope.fault(Fault::Meaningless { what: "compression in UDP mode" }),
            Some(Mode::Http) | None => {}
        }
        scope.count("algorithms", wire.algorithms.len(), MAX_ALGORITHMS)?;
        let algorithms = scope.each("algorithms", &wire.algorithms, |scope, wire| algorithm(wire, scope));
        let types = types(&wire.types, scope);
        let requests =
            optional(wire.requests.as_ref(), |wire| scope.at("requests", |scope| requests(wire, scope)));
        let algorithms = algorithms?;
        let codings = || algorithms.iter().map(|algorithm| algorithm.coding);
        if let Some(twice) = codings().enumerate().find_map(|(index, coding)| {
            codings().take(index).any(|before| before == coding).then_some(coding)
        }) {
            return scope.fault(Fault::Repeated { what: "algorithms", value: twice.name().to_owned() });
        }
        Some(Some(Box::new(Compression {
            algorithms: algorithms.into(),
            types: types?,
            offload: wire.offload,
            min_bytes: wire.min_bytes,
            requests: requests?,
        })))
    })
}

fn requests(wire: &v1::RequestCompression, scope: &mut Scope<'_>) -> Option<RequestCompression> {
    let algorithm = optional(wire.algorithm.as_ref(), |wire| match algorithm(wire, scope)? {
        Algorithm { coding: ContentCoding::Identity, .. } => {
            scope.fault(Fault::Meaningless { what: "identity, for requests" })
        }
        algorithm => Some(algorithm),
    });
    let types = types(&wire.types, scope);
    Some(RequestCompression { algorithm: algorithm?, types: types?, min_bytes: wire.min_bytes })
}

fn types(wire: &[String], scope: &mut Scope<'_>) -> Option<Box<[Box<str>]>> {
    scope.count("types", wire.len(), MAX_CONTENT_TYPES)?;
    scope.each("types", wire, |scope, wire| content_type(wire, scope)).map(Into::into)
}

fn algorithm(wire: &v1::CompressionAlgorithm, scope: &mut Scope<'_>) -> Option<Algorithm> {
    let coding = match scope.known("coding", wire.coding)? {
        v1::ContentCoding::Unspecified => return scope.fault(Fault::Unset("coding")),
        v1::ContentCoding::Identity => ContentCoding::Identity,
        v1::ContentCoding::Gzip => ContentCoding::Gzip,
        v1::ContentCoding::Deflate => ContentCoding::Deflate,
        v1::ContentCoding::RawDeflate => ContentCoding::RawDeflate,
        v1::ContentCoding::Brotli => ContentCoding::Brotli,
        v1::ContentCoding::Zstd => ContentCoding::Zstd,
    };
    let (least, most, usual) = coding.levels();
    let level = scope.range("level", wire.level.unwrap_or(usual), least.into(), most.into())?;
    Some(Algorithm { coding, level: u32::try_from(level).ok()? })
}

/// What a Content-Type may begin with: no more than a media type and its parameters (RFC 9110 section 8.3).
fn content_type(wire: &str, scope: &mut Scope<'_>) -> Option<Box<str>> {
    scope.text("type", wire)?.or_else(|| scope.fault(Fault::Empty { what: "type" }))
}
