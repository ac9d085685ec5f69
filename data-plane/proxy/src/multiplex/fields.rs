//! Header fields between the two versions.

use std::io;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::unfit;
use crate::h1::{Field, Head, Known, LAST_CHUNK};

/// Names that say something of one connection alone (RFC 9113 section 8.2.2).
fn is_of_connection(known: Option<Known>) -> bool {
    matches!(
        known,
        Some(
            Known::Connection
                | Known::KeepAlive
                | Known::ProxyConnection
                | Known::TransferEncoding
                | Known::Upgrade
                | Known::Http2Settings
                | Known::Te
        )
    )
}

/// Bytes of a head whose values share its memory. The table of a connection keeps values for later heads (RFC 7541 section
/// 2.3.2): one of a longer head would keep more than itself.
const SHARED: usize = 1024;

/// The fields of a head but those of its connection, and those that `keep` is against. `bytes`: the head's, and no more.
pub(super) fn of_head(head: &Head, bytes: &[u8], keep: impl Fn(&Field) -> bool) -> io::Result<HeaderMap> {
    let mut map = HeaderMap::with_capacity(head.fields().len());
    let shared = (bytes.len() <= SHARED).then(|| Bytes::copy_from_slice(bytes));
    for field in head.fields().iter().filter(|field| !is_of_connection(field.known) && keep(field)) {
        let name = match field.known.and_then(name_of) {
            Some(name) => name,
            None => HeaderName::from_bytes(field.name.of(bytes)).map_err(|_| unfit())?,
        };
        let value = field.value.of(bytes);
        let value = match &shared {
            Some(shared) => HeaderValue::from_maybe_shared(shared.slice(field.value.range())),
            None => HeaderValue::from_bytes(value),
        };
        map.try_append(name, value.map_err(|_| unfit())?).map_err(|_| unfit())?;
    }
    Ok(map)
}

/// What the library calls a name that is met often.
fn name_of(known: Known) -> Option<HeaderName> {
    Some(match known {
        Known::ContentLength => header::CONTENT_LENGTH,
        Known::ContentType => header::CONTENT_TYPE,
        Known::Cookie => header::COOKIE,
        Known::Date => header::DATE,
        Known::Location => header::LOCATION,
        Known::Referer => header::REFERER,
        Known::SetCookie => header::SET_COOKIE,
        Known::UserAgent => header::USER_AGENT,
        _ => return None,
    })
}

/// The lines of a trailer section, its empty one included; `None`: there are none.
pub(super) fn of_trailers(section: &[u8]) -> io::Result<Option<HeaderMap>> {
    let mut map = HeaderMap::new();
    for line in section.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()) {
        let colon = memchr::memchr(b':', line).ok_or_else(unfit)?;
        let (name, value) = line.split_at(colon);
        append(&mut map, name, value.get(1..).unwrap_or_default().trim_ascii())?;
    }
    Ok(if map.is_empty() { None } else { Some(map) })
}

fn append(map: &mut HeaderMap, name: &[u8], value: &[u8]) -> io::Result<()> {
    let name = HeaderName::from_bytes(name).map_err(|_| unfit())?;
    let value = HeaderValue::from_bytes(value).map_err(|_| unfit())?;
    map.try_append(name, value).map_err(|_| unfit())?;
    Ok(())
}

/// A line of a head.
pub(super) fn write(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// The end of a body in chunks. What may not stand in trailers (RFC 9110 section 6.5.1) is left out.
pub(super) fn write_last_chunk(trailers: Option<&HeaderMap>, out: &mut Vec<u8>) {
    let Some(trailers) = trailers else { return out.extend_from_slice(LAST_CHUNK) };
    out.extend_from_slice(b"0\r\n");
    for (name, value) in trailers {
        if crate::h1::may_trail(name.as_str().as_bytes()) {
            write(name.as_str(), value.as_bytes(), out);
        }
    }
    out.extend_from_slice(b"\r\n");
}
