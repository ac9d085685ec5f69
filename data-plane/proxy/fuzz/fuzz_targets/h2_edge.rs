//! Any bytes as what passes between HTTP/2 and HTTP/1.1: a head of either version, or trailers. The first input byte
//! chooses which, and whether a body follows. Heads of HTTP/2 are lines of `name: value`; of them the pseudo-fields are
//! read as the library for frames reads them, and what it refuses is left out.
//!
//! Checked (`sluicegate_engine::conversion`): no panic; what is made of a head of HTTP/2 is one head of HTTP/1.1 or is
//! refused, with the same fields, the same address and the same end of its body, and so is what is made of that for
//! the next peer; trailers end their body and say the same.
#![no_main]

use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;
use sluicegate_engine::conversion;
use sluicegate_engine::h1::{self, Kind};

/// Which the library for frames refuses (RFC 9113 section 8.2.2).
const REFUSED: [&str; 5] = ["connection", "transfer-encoding", "upgrade", "keep-alive", "proxy-connection"];

#[derive(Default)]
struct Lines<'a> {
    pseudo: Vec<(&'a [u8], &'a [u8])>,
    fields: HeaderMap,
}

fn lines(text: &[u8]) -> Lines<'_> {
    let mut lines = Lines::default();
    for line in text.split(|byte| *byte == b'\n') {
        let start = usize::from(line.first() == Some(&b':'));
        let Some(colon) = line.iter().skip(start).position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..start + colon], line[start + colon + 1..].trim_ascii_start());
        if start == 1 {
            lines.pseudo.push((name, value));
        } else if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            let te = name == "te" && value != "trailers";
            if !REFUSED.contains(&name.as_str()) && !te {
                lines.fields.append(name, value);
            }
        }
    }
    lines
}

impl<'a> Lines<'a> {
    fn pseudo(&self, name: &str) -> Option<&'a [u8]> {
        self.pseudo.iter().find(|(known, _)| *known == name.as_bytes()).map(|(_, value)| *value)
    }
}

fn request(lines: Lines<'_>) -> Option<Request<()>> {
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(lines.pseudo(":method").unwrap_or(b"GET")).ok()?;
    // Any text: a carriage return stands for the line feed that parts the lines here.
    let protocol = lines.pseudo(":protocol").map(|it| String::from_utf8_lossy(it).replace('\r', "\r\n"));
    let connect = *request.method() == Method::CONNECT;
    let mut parts = http::uri::Parts::default();
    parts.authority = match lines.pseudo(":authority") {
        Some(authority) => Some(Authority::try_from(authority).ok()?),
        None => None,
    };
    if !connect || protocol.is_some() {
        let scheme = Scheme::try_from(lines.pseudo(":scheme").unwrap_or(b"https")).ok()?;
        parts.scheme = parts.authority.as_ref().map(|_| scheme);
        parts.path_and_query = Some(PathAndQuery::try_from(lines.pseudo(":path").unwrap_or(b"/")).ok()?);
    }
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    if let Some(protocol) = protocol.filter(|_| connect) {
        request.extensions_mut().insert(h2::ext::Protocol::from(protocol.as_str()));
    }
    *request.headers_mut() = lines.fields;
    Some(request)
}

fn response(lines: Lines<'_>) -> Option<Response<()>> {
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_bytes(lines.pseudo(":status").unwrap_or(b"200")).ok()?;
    *response.headers_mut() = lines.fields;
    (!response.status().is_informational()).then_some(response)
}

fuzz_target!(|data: &[u8]| {
    let Some((&control, bytes)) = data.split_first() else { return };
    let ended = control & 0x80 != 0;
    match control & 7 {
        0 => drop(conversion::head(bytes, Kind::Request)),
        1 => drop(conversion::head(bytes, Kind::Response)),
        2 => conversion::trailers(&lines(bytes).fields),
        3 | 4 => {
            let method = if control & 7 == 3 { h1::Method::Get } else { h1::Method::Head };
            response(lines(bytes)).map(|it| conversion::response(it, method, ended));
        }
        _ => drop(request(lines(bytes)).map(|it| conversion::request(it, ended))),
    }
});
