//! The cookie in the first message of a remote desktop client ([MS-RDPBCGR] 2.2.1.1).

/// Bytes before the cookie: a TPKT header (RFC 1006), then a connection request (X.224 class 0). What they say does not
/// matter: whoever does not speak the protocol has no cookie behind them.
const HEADERS: usize = 11;

/// The value of the cookie `name` in a client's first bytes; `None` where it is not there, not yet whole, or empty.
/// (HAProxy: balance rdp-cookie; without a name it is `mstshash`)
pub fn rdp_cookie<'a>(sent: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let pairs = after(sent.get(HEADERS..)?, b"Cookie:")?;
    let blanks = pairs.iter().position(|&byte| byte != b' ')?;
    let value = after(&pairs[blanks..], name)?.strip_prefix(b"=")?;
    let (value, end) = value.split_at(value.iter().position(|&byte| byte == b'\r')?);
    (!value.is_empty() && end.starts_with(b"\r\n")).then_some(value)
}

/// What follows `start`, in letters of any case.
fn after<'a>(text: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let (begins, rest) = text.split_at_checked(start.len())?;
    begins.eq_ignore_ascii_case(start).then_some(rest)
}
