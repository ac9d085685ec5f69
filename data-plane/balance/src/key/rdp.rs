//! The cookie in the first message of a remote desktop client ([MS-RDPBCGR] 2.2.1.1).

/// Bytes before the cookie: a TPKT header (RFC 1006), then a connection request (X.224 class 0).
const HEADERS: usize = 11;

/// The value of the cookie `name` in a client's first bytes, `None` where it is not there or not yet whole.
/// (HAProxy: balance rdp-cookie; without a name it is `mstshash`)
pub fn rdp_cookie<'a>(sent: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (headers, routing) = sent.split_at_checked(HEADERS)?;
    if headers[0] != 3 || headers[5] != 0xe0 {
        return None;
    }
    let (label, rest) = routing.split_at_checked(b"Cookie:".len())?;
    if !label.eq_ignore_ascii_case(b"Cookie:") {
        return None;
    }
    let (found, rest) = rest.trim_ascii_start().split_at_checked(name.len())?;
    let value = rest.strip_prefix(b"=")?;
    let end = value.windows(2).position(|bytes| bytes == b"\r\n")?;
    found.eq_ignore_ascii_case(name).then(|| &value[..end])
}
