//! Test support: heads, taken from one version into the other and back.
//!
//! Used by the property tests here and by the fuzz target `h2_edge`. Whatever a peer of HTTP/2 says, the text made of it is
//! one head of HTTP/1.1 and nothing behind it, and says the same; so does what is made of that text for the next peer.

use h2::ext::Protocol;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};

use super::request::{self, Asked, Wanted};
use super::{fields, response};
use crate::h1::{self, Chunked, Edits, Framing, Head, Kind, Limits, Parsed, View, may_trail};

/// Names and values, in an order that is the same for the same fields.
type Lines = Vec<(Vec<u8>, Vec<u8>)>;

/// A request that a client of HTTP/2 has made: whether it is one of HTTP/1.1 too. `ended`: it has no body.
///
/// # Panics
/// Where it is not the same request.
pub fn request(request: Request<()>, ended: bool) -> bool {
    let (parts, ()) = request.into_parts();
    let mut text = Vec::new();
    let asked = request::write_head(&parts, ended, || 7, &mut text);
    let Some(head) = one(&text, Kind::Request) else { return false };
    let protocol = parts.extensions.get::<Protocol>().map(Protocol::as_str);
    let method = if asked.extended { "GET" } else { parts.method.as_str() };
    assert_eq!(head.method_text(&text), method.as_bytes());
    if let Some(authority) = parts.uri.authority() {
        assert_eq!(head.authority(&text), Some(authority.as_str().as_bytes()));
    }
    assert_eq!(head.upgrade(&text), protocol.map(str::as_bytes));
    let told = parts.headers.contains_key(header::CONTENT_LENGTH);
    let tunnel = asked.extended || parts.method == Method::CONNECT;
    assert_eq!(head.is_chunked(), !tunnel && !ended && !told);
    assert!(told || head.content_length().unwrap_or_default() == 0, "a length out of nowhere");
    let written = (parts.uri.authority().map(Authority::as_str), asked.extended);
    assert_eq!(said(&head, &text, &asked), asked_for(&parts.headers, written));
    again(&parts, &head, &text);
    true
}

/// What is sent to a server of HTTP/2 is what the client of HTTP/2 has asked.
fn again(parts: &http::request::Parts, head: &Head, text: &[u8]) {
    let mut edits = Edits::new();
    let hop = edits.strip_hop_by_hop(head, text, head.asks_upgrade()).expect("bounded by the head");
    edits.set_connection(hop, None).expect("bounded");
    let mut sent = Vec::new();
    View::new(head, text, &edits).render(&mut sent);
    let head = one(&sent, Kind::Request).expect("what is rendered parses");
    let Ok((request, _, _)) = request::of_head(&head, &sent, "https", true) else { return };
    assert_eq!(request.method(), parts.method);
    let upgrade = head.upgrade(&sent).map(<[u8]>::to_vec);
    assert_eq!(request.extensions().get::<Protocol>().map(|it| it.as_str().as_bytes().to_vec()), upgrade);
    if let Some(authority) = parts.uri.authority() {
        assert_eq!(request.uri().authority(), Some(authority));
    }
    if request.method() != Method::CONNECT || upgrade.is_some() {
        let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let rooted = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
        assert_eq!(request.uri().path_and_query().map(PathAndQuery::as_str), Some(rooted.as_str()));
    }
    for (name, value) in request.headers() {
        let next = name == header::TE && value == "trailers";
        assert!(next || !is_of_connection(name.as_str()), "{name} goes no further");
    }
}

/// An answer that a server of HTTP/2 has given to a request of this method: whether it is one of HTTP/1.1 too.
///
/// # Panics
/// Where it is not the same answer.
pub fn response(response: Response<()>, method: h1::Method, ended: bool) -> bool {
    let (parts, ()) = response.into_parts();
    let wanted = Wanted { method, protocol: None, accept: None };
    let mut text = Vec::new();
    let chunked = response::write_head(&parts, &wanted, ended, &mut text);
    let Some(head) = one(&text, Kind::Response) else { return false };
    assert_eq!(head.status(), parts.status.as_u16());
    assert_eq!(head.is_chunked(), chunked);
    let asked = h1::Asked { method, upgrade: false };
    let Ok(framing) = Framing::of_response(&head, asked) else { return false };
    assert_ne!(framing, Framing::UntilClose, "its end is known");
    let asked = Asked { asked, ..Asked::default() };
    assert_eq!(said(&head, &text, &asked), answered_with(&parts.headers));
    let Ok((again, _)) = response::of_head(&head, &text, &asked) else { return true };
    assert_eq!(again.status(), if parts.status == 101 { StatusCode::OK } else { parts.status });
    true
}

/// Any bytes as a head of HTTP/1.1, in the words of HTTP/2: whether it is one there.
///
/// # Panics
/// Where the two differ.
pub fn head(bytes: &[u8], kind: Kind) -> bool {
    let mut head = Head::new();
    let parsed = match kind {
        Kind::Request => head.parse_request(bytes, &Limits::default()),
        Kind::Response => head.parse_response(bytes, &Limits::default()),
    };
    if !matches!(parsed, Ok(Parsed::Complete { .. })) {
        return false;
    }
    let kept = |headers: &HeaderMap| {
        for field in head.fields().iter().filter(|field| !is_of_connection(&lower(field.name.of(bytes)))) {
            let name = lower(field.name.of(bytes));
            if ["host", "content-length", "sec-websocket-key", "sec-websocket-accept"].contains(&&*name) {
                continue;
            }
            let found = headers.get_all(name).iter().any(|value| value.as_bytes() == field.value.of(bytes));
            assert!(found, "{} is lost", field.name.of(bytes).escape_ascii());
        }
    };
    match kind {
        Kind::Request => {
            let Ok((made, _, _)) = request::of_head(&head, bytes, "https", true) else { return false };
            kept(made.headers());
            assert_eq!(made.uri().path().as_bytes(), head.path(bytes));
            assert_eq!(made.uri().query().map(str::as_bytes), head.query(bytes));
            request(made, head.content_length().is_none() && !head.is_chunked())
        }
        Kind::Response => {
            let asked = Asked::default();
            let Ok((made, framing)) = response::of_head(&head, bytes, &asked) else { return false };
            kept(made.headers());
            if head.is_interim() {
                return true;
            }
            response(made, h1::Method::Get, framing == Framing::Empty)
        }
    }
}

/// Trailers of HTTP/2, in a body in chunks and back.
///
/// # Panics
/// Where they are not the same, or end elsewhere.
pub fn trailers(map: &HeaderMap) {
    let mut text = Vec::new();
    fields::write_last_chunk(Some(map), &mut text);
    let Ok(fed) = Chunked::default().feed(&text) else { return };
    assert_eq!(fed.used, text.len(), "what follows would be another message");
    let read = fields::of_trailers(&text[3..]).expect("made of such fields").unwrap_or_default();
    let may: HeaderMap = map
        .iter()
        .filter(|(name, _)| may_trail(name.as_str().as_bytes()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    assert_eq!(lines(&read), lines(&may));
}

/// The one head that a text is; `None`: it is refused.
fn one(text: &[u8], kind: Kind) -> Option<Head> {
    let lines = text.strip_suffix(b"\r\n\r\n").expect("a head ends so");
    assert!(!lines.windows(4).any(|end| end == b"\r\n\r\n"), "{}", text.escape_ascii());
    let mut head = Head::new();
    let parsed = match kind {
        Kind::Request => head.parse_request(text, &Limits::ours()),
        Kind::Response => head.parse_response(text, &Limits::ours()),
    };
    match parsed {
        Err(_) => None,
        Ok(Parsed::Partial) => panic!("it has no end: {}", text.escape_ascii()),
        Ok(Parsed::Complete { head_len }) => {
            assert_eq!(head_len, text.len());
            Some(head)
        }
    }
}

/// What a head says, less what was written for HTTP/1.1 alone.
fn said(head: &Head, text: &[u8], asked: &Asked) -> Lines {
    let told =
        |name: &str| !(is_of_connection(name) || (asked.accept.is_some() && name == "sec-websocket-key"));
    let mut lines: Lines = head
        .fields()
        .iter()
        .map(|field| (lower(field.name.of(text)), field.value.of(text).to_vec()))
        .filter(|(name, _)| told(name) && name != "content-length")
        .map(|(name, value)| (name.into_bytes(), value))
        .collect();
    lines.sort_unstable();
    lines
}

/// What the head of a request to this authority has to say. `keyed`: it has a key of its own.
fn asked_for(headers: &HeaderMap, (authority, keyed): (Option<&str>, bool)) -> Lines {
    let mut lines = answered_with(headers);
    let crumbs: Vec<Vec<u8>> =
        headers.get_all(header::COOKIE).iter().map(|it| it.as_bytes().to_vec()).collect();
    lines.retain(|(name, _)| {
        let written = (authority.is_some() && name == b"host") || (keyed && name == b"sec-websocket-key");
        name != b"cookie" && !written
    });
    lines.extend(authority.map(|authority| (b"host".to_vec(), authority.as_bytes().to_vec())));
    if !crumbs.is_empty() {
        lines.push((b"cookie".to_vec(), crumbs.join(&b"; "[..]).trim_ascii().to_vec()));
    }
    lines.sort_unstable();
    lines
}

/// What the head of an answer has to say, but for its end.
fn answered_with(headers: &HeaderMap) -> Lines {
    let mut lines = lines(headers);
    lines.retain(|(name, _)| {
        let name = String::from_utf8_lossy(name);
        name != "content-length" && !is_of_connection(&name)
    });
    lines
}

fn lines(headers: &HeaderMap) -> Lines {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().as_bytes().to_vec(), value.as_bytes().trim_ascii().to_vec())
    };
    let mut lines: Lines = headers.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// Fields of RFC 9113 section 8.2.2.
fn is_of_connection(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "te",
    ];
    NAMES.contains(&name)
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}
