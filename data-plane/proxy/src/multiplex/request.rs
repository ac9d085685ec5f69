//! What a client asks over HTTP/2, in the words of HTTP/1.1.

use std::io;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use h2::ext::Protocol;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};

use super::fields::{self, write};
use super::unfit;
use crate::h1::{self, Framing, Head, Known, TargetForm};

/// Room for most heads.
const USUAL_BYTES: usize = 768;

/// The protocol of RFC 6455.
const WEBSOCKET: &str = "websocket";

/// What must be remembered of a request until its answer comes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    pub(super) asked: h1::Asked,
    /// Asks for another protocol on its stream (RFC 8441).
    pub(super) extended: bool,
    /// What a server of WebSocket must answer to the key that it was sent.
    pub(super) accept: Option<[u8; 28]>,
}

impl Asked {
    /// Whether what follows the head is of another protocol.
    pub(super) fn is_tunnel(&self) -> bool {
        self.extended || self.asked.method == h1::Method::Connect
    }
}

/// Writes the head of a request. `ended`: it has no body. `nonce`: a number that was not there before, for who needs one.
pub(super) fn write_head(
    parts: &Parts,
    ended: bool,
    nonce: impl FnOnce() -> u128,
    out: &mut Vec<u8>,
) -> Asked {
    let protocol = parts.extensions.get::<Protocol>().map(Protocol::as_str);
    let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
    let method = if protocol.is_some() { &Method::GET } else { &parts.method };
    let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let start: [&str; 4] = match parts.uri.scheme_str() {
        _ if *method == Method::CONNECT => [authority, "", "", ""],
        // HAProxy shows it so too, to rules and in logs.
        Some(scheme) if !authority.is_empty() && path != "*" => [scheme, "://", authority, path],
        _ => [path, "", "", ""],
    };
    out.reserve(USUAL_BYTES);
    out.extend_from_slice(method.as_str().as_bytes());
    out.push(b' ');
    start.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if !authority.is_empty() {
        write("host", authority.as_bytes(), out);
    }
    write_fields(&parts.headers, (!authority.is_empty(), protocol.is_some()), out);
    let mut asked = Asked {
        asked: h1::Asked { method: h1::Method::of(method.as_str().as_bytes()), upgrade: protocol.is_some() },
        extended: protocol.is_some(),
        accept: None,
    };
    match protocol {
        Some(protocol) => {
            write("connection", b"Upgrade", out);
            // Of what is no name of a protocol none is made: such a head is refused.
            write("upgrade", if is_protocol(protocol) { protocol.as_bytes() } else { b"\0" }, out);
            if protocol.eq_ignore_ascii_case(WEBSOCKET) {
                let key = BASE64_STANDARD.encode(nonce().to_ne_bytes());
                write("sec-websocket-key", key.as_bytes(), out);
                asked.accept = Some(accept(&key));
            }
        }
        None if *method == Method::CONNECT => {}
        None => write_framing(method, &parts.headers, ended, out),
    }
    out.extend_from_slice(b"\r\n");
    asked
}

/// RFC 9110 section 7.8. The library lets any text pass.
fn is_protocol(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let (name, version) = text.split_once('/').unwrap_or((text, "1"));
    // Nothing is upgraded to that (RFC 9113 section 3.1).
    token(name) && token(version) && !text.eq_ignore_ascii_case("h2c")
}

/// Crumbs of a cookie are one field again (RFC 9113 section 8.2.3). `named`: the host is written; `extended`: a key is.
fn write_fields(headers: &HeaderMap, (named, extended): (bool, bool), out: &mut Vec<u8>) {
    for (name, value) in headers {
        let written = (*name == header::HOST && named) || (*name == KEY && extended);
        if *name == header::COOKIE || written {
            continue;
        }
        if *name == header::TE {
            // It is for the next hop, which may pass it on.
            write("connection", b"te", out);
        }
        write(name.as_str(), value.as_bytes(), out);
    }
    let mut crumbs = headers.get_all(header::COOKIE).iter();
    let Some(first) = crumbs.next() else { return };
    out.extend_from_slice(b"cookie: ");
    out.extend_from_slice(first.as_bytes());
    for crumb in crumbs {
        out.extend_from_slice(b"; ");
        out.extend_from_slice(crumb.as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

/// How the body ends, where the request itself does not say so.
fn write_framing(method: &Method, headers: &HeaderMap, ended: bool, out: &mut Vec<u8>) {
    let told = headers.contains_key(header::CONTENT_LENGTH);
    let brings = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    match (ended, told) {
        (_, true) => {}
        (false, false) => write("transfer-encoding", b"chunked", out),
        (true, false) if brings => write("content-length", b"0", out),
        (true, false) => {}
    }
}

/// Whether a client lets its request have trailers behind a body of that length.
pub(super) fn is_chunked(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_LENGTH)
}

/// What must be remembered of a request to a server until its answer comes.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) method: h1::Method,
    /// What is to be spoken on its stream.
    pub(super) protocol: Option<Box<[u8]>>,
    /// What a client of WebSocket is to be answered.
    pub(super) accept: Option<[u8; 28]>,
}

/// A request of HTTP/1.1 in the words of HTTP/2, and how its body ends. `extends`: the server lets streams carry other
/// protocols (RFC 8441).
pub(super) fn of_head(
    head: &Head,
    bytes: &[u8],
    scheme: &'static str,
    extends: bool,
) -> io::Result<(Request<()>, Framing, Wanted)> {
    let protocol = head.upgrade(bytes);
    if protocol.is_some() && !extends {
        return Err(unfit());
    }
    let accept = head.value(bytes, KEY.as_str().as_bytes()).and_then(|key| std::str::from_utf8(key).ok());
    let wanted = Wanted {
        method: head.method(),
        protocol: protocol.map(Box::from),
        accept: accept.filter(|_| protocol.is_some()).map(self::accept),
    };
    let tunnel = protocol.is_some() || head.method() == h1::Method::Connect;
    let framing = if tunnel { Framing::Tunnel } else { Framing::of_request(head) };
    let mut request = Request::new(());
    *request.method_mut() = match protocol {
        Some(_) => Method::CONNECT,
        None => Method::from_bytes(head.method_text(bytes)).map_err(|_| unfit())?,
    };
    *request.uri_mut() = uri(head, bytes, scheme)?;
    if let Some(protocol) = protocol {
        let protocol = std::str::from_utf8(protocol).map_err(|_| unfit())?;
        request.extensions_mut().insert(Protocol::from(protocol));
    }
    let of_key = |field: &h1::Field| protocol.is_some() && field.is(bytes, KEY.as_str().as_bytes());
    *request.headers_mut() =
        fields::of_head(head, bytes, |field| field.known != Some(Known::Host) && !of_key(field))?;
    if head.value(bytes, b"te").is_some() {
        // The one value that there is for it (RFC 9113 section 8.2.2).
        request.headers_mut().insert(header::TE, HeaderValue::from_static("trailers"));
    }
    Ok((request, framing, wanted))
}

fn uri(head: &Head, bytes: &[u8], scheme: &'static str) -> io::Result<Uri> {
    let mut parts = http::uri::Parts::default();
    // HTTP/1.0 may do without; the library then says that the scheme is `http`.
    if let Some(authority) = head.authority(bytes) {
        parts.authority = Some(http::uri::Authority::try_from(authority).map_err(|_| unfit())?);
    }
    if head.target_form() != TargetForm::Authority {
        let target = [
            head.path(bytes),
            head.query(bytes).map_or(&[][..], |_| b"?"),
            head.query(bytes).unwrap_or_default(),
        ];
        if parts.authority.is_some() {
            parts.scheme = Some(scheme.parse().map_err(|_| unfit())?);
        }
        parts.path_and_query = Some(PathAndQuery::try_from(target.concat().as_slice()).map_err(|_| unfit())?);
    }
    Uri::from_parts(parts).map_err(|_| unfit())
}

/// RFC 6455 section 4.2.2: what belongs to a key.
fn accept(key: &str) -> [u8; 28] {
    let digest = digest(
        &SHA1_FOR_LEGACY_USE_ONLY,
        [key.as_bytes(), b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"].concat().as_slice(),
    );
    let mut accept = [0; 28];
    // Twenty bytes are twenty-eight characters.
    let _ = BASE64_STANDARD.encode_slice(digest.as_ref(), &mut accept);
    accept
}

/// The field that has it.
pub(super) const ACCEPT: HeaderName = header::SEC_WEBSOCKET_ACCEPT;
/// The field of the key.
const KEY: HeaderName = header::SEC_WEBSOCKET_KEY;
