//! Requests of HTTP checks.

use sluicegate_health::script::{Request, Text};
use sluicegate_proto::limits::MAX_REPLY_BYTES;
use sluicegate_proto::v1;

use super::super::reason::Fault;
use super::super::rule;
use super::super::scope::Scope;
use super::formula::Made;
use crate::rule::{HeaderName, is_token};

/// Headers of one request.
const MAX_HEADERS: usize = 256;

pub(super) fn request(wire: &v1::HttpProbe, scope: &mut Scope<'_>, made: &mut Made) -> Option<Request> {
    let method = if is_token(&wire.method) {
        Some(wire.method.as_str().into())
    } else {
        scope.fault(Fault::Character { what: "method", value: wire.method.clone() })
    };
    let uri = match &wire.made_uri {
        None => uri(&wire.uri, scope),
        Some(format) => made.format(format, scope).map(Text::Made),
    };
    let version = match wire.version.as_str() {
        "HTTP/1.0" | "HTTP/1.1" => Some(wire.version.as_str().into()),
        other => scope.fault(Fault::NotOneOf {
            what: "version",
            value: other.to_owned(),
            allowed: "HTTP/1.0 or HTTP/1.1",
        }),
    };
    scope.count("headers", wire.headers.len(), MAX_HEADERS)?;
    let headers = scope.each("header", &wire.headers, |scope, header| {
        let name = HeaderName::new(&header.name).map_or_else(|invalid| scope.fault(invalid), Some);
        let value = match &header.made {
            None => {
                rule::header_bytes(&header.value, scope)?;
                Text::Is(header.value[..].into())
            }
            Some(format) => Text::Made(made.format(format, scope)?),
        };
        Some((name?.as_str().into(), value))
    });
    if wire.body.len() > MAX_REPLY_BYTES {
        scope.fault(Fault::TooLong { what: "body", bytes: wire.body.len(), limit: MAX_REPLY_BYTES })?;
    }
    let body = match &wire.made_body {
        None => Some(Text::Is(wire.body[..].into())),
        Some(format) => made.format(format, scope).map(Text::Made),
    };
    let (method, uri, version) = (method?, uri?, version?);
    Some(Request { method, uri, version, headers: headers?, body: body? })
}

fn uri(text: &str, scope: &mut Scope<'_>) -> Option<Text> {
    let what = "uri";
    scope.length(what, text.as_bytes())?;
    if text.is_empty() {
        return scope.fault(Fault::Empty { what });
    }
    if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return scope.fault(Fault::Character { what, value: text.to_owned() });
    }
    Some(text.into())
}
