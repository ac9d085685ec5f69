//! The cookie in the first message of a remote desktop client ([MS-RDPBCGR] 2.2.1.1).

/// Bytes before the cookie: a TPKT header (RFC 1006), then a connection request (X.224 class 0). What they say does not
/// matter: whoever does not speak the protocol has no cookie behind them.
const HEADERS: usize = 11;

/// Letters before the pair.
const COOKIE: &[u8] = b"Cookie:";

/// The cookie in a client's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RdpCookie<'a> {
    /// More bytes are needed to tell.
    Partial,
    /// There is none of that name.
    Absent,
    /// Its value, which may be empty.
    Whole(&'a [u8]),
}

/// The value of the cookie `name` in a client's first bytes; `None` where it is not there, not yet whole, or empty.
/// (HAProxy: balance rdp-cookie; without a name it is `mstshash`)
pub fn rdp_cookie<'a>(sent: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match find_rdp_cookie(sent, Some(name)) {
        RdpCookie::Whole(value) if !value.is_empty() => Some(value),
        _ => None,
    }
}

/// Looks for the cookie of that name, or of any (HAProxy: req.rdp_cookie).
pub fn find_rdp_cookie<'a>(sent: &'a [u8], name: Option<&[u8]>) -> RdpCookie<'a> {
    let pair = match sent.get(HEADERS..).unwrap_or_default() {
        sent if sent.len() <= COOKIE.len() => return RdpCookie::Partial,
        sent => match after(sent, COOKIE) {
            Some(pair) => &pair[pair.iter().take_while(|&&byte| byte == b' ').count()..],
            None => return RdpCookie::Absent,
        },
    };
    let value = match name {
        Some(name) if pair.len() <= name.len() => return RdpCookie::Partial,
        Some(name) => after(pair, name).and_then(|rest| rest.strip_prefix(b"=")),
        None => match pair.iter().position(|byte| b"=\r\n".contains(byte)) {
            None => return RdpCookie::Partial,
            Some(end) => pair[end..].strip_prefix(b"="),
        },
    };
    let Some(value) = value else { return RdpCookie::Absent };
    let end = value.iter().position(|&byte| byte == b'\r');
    match end.map(|end| value.split_at(end)) {
        None | Some((_, b"\r")) => RdpCookie::Partial,
        Some((value, [b'\r', b'\n', ..])) => RdpCookie::Whole(value),
        Some(_) => RdpCookie::Absent,
    }
}

/// What follows `start`, in letters of any case.
fn after<'a>(text: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let (begins, rest) = text.split_at_checked(start.len())?;
    begins.eq_ignore_ascii_case(start).then_some(rest)
}
