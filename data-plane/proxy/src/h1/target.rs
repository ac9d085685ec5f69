//! Request-targets and authorities (RFC 9112 section 3.2, RFC 3986 section 3.2).

use std::net::Ipv6Addr;

use super::head::{Method, Span};
use super::{Fault, scan};

/// The form of a request-target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetForm {
    /// A path with an optional query.
    #[default]
    Origin,
    /// A whole URI.
    Absolute {
        /// Host and optional port.
        authority: Span,
        /// What follows the authority: path and query. May be empty, or start with `?`.
        path: Span,
    },
    /// `host:port`, of CONNECT.
    Authority,
    /// `*`, of OPTIONS.
    Asterisk,
}

impl TargetForm {
    /// Path and query as an origin-form has them, without a leading `/` if the URI has no path.
    fn path_and_query(self, target: Span, buf: &[u8]) -> &[u8] {
        match self {
            Self::Origin | Self::Asterisk => target.of(buf),
            Self::Absolute { path, .. } => path.of(buf),
            Self::Authority => &[],
        }
    }

    pub(super) fn path(self, target: Span, buf: &[u8]) -> &[u8] {
        let whole = self.path_and_query(target, buf);
        let path = whole.split(|&byte| byte == b'?').next().unwrap_or_default();
        let rootless = path.is_empty() && matches!(self, Self::Absolute { .. });
        if rootless { b"/" } else { path }
    }

    pub(super) fn query(self, target: Span, buf: &[u8]) -> Option<&[u8]> {
        let whole = self.path_and_query(target, buf);
        memchr::memchr(b'?', whole).and_then(|mark| whole.get(mark + 1..))
    }
}

/// The form of `target`, if the method may have it. Its bytes are known to be target bytes.
pub(super) fn classify(method: Method, target: Span, buf: &[u8]) -> Result<TargetForm, Fault> {
    let bytes = target.of(buf);
    if method == Method::Connect {
        let (_, port) = split_port(bytes);
        let named = is_authority(bytes) && port.is_some_and(|port| !port.is_empty());
        return if named { Ok(TargetForm::Authority) } else { Err(Fault::AuthorityFormMismatch) };
    }
    match bytes {
        [b'/', ..] => Ok(TargetForm::Origin),
        b"*" if method == Method::Options => Ok(TargetForm::Asterisk),
        b"*" => Err(Fault::AsteriskFormMismatch),
        _ => absolute(target, bytes),
    }
}

fn absolute(target: Span, bytes: &[u8]) -> Result<TargetForm, Fault> {
    let Some(scheme) = scheme_len(bytes) else {
        let lone = is_authority(bytes) && split_port(bytes).1.is_some();
        return Err(if lone { Fault::AuthorityFormMismatch } else { Fault::InvalidTarget });
    };
    let start = scheme + 3;
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    if !is_authority(rest.get(..length).unwrap_or_default()) {
        return Err(Fault::InvalidAuthority);
    }
    let base = target.start as usize + start;
    let path = Span { start: Span::new(0, base + length).end, end: target.end };
    Ok(TargetForm::Absolute { authority: Span::new(base, base + length), path })
}

/// Length of the scheme before `://`.
fn scheme_len(bytes: &[u8]) -> Option<usize> {
    let length = bytes.iter().position(|&byte| byte == b':')?;
    let (scheme, rest) = bytes.split_at_checked(length)?;
    let valid = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    (valid && rest.starts_with(b"://")).then_some(length)
}

/// The port that an absolute target means when it names none.
pub(super) fn default_port(target: &[u8]) -> Option<u16> {
    match target.get(..scheme_len(target)?)? {
        scheme if scheme.eq_ignore_ascii_case(b"http") => Some(80),
        scheme if scheme.eq_ignore_ascii_case(b"https") => Some(443),
        _ => None,
    }
}

/// An authority without its port, where that is this one.
pub(super) fn without_port(authority: &[u8], port: Option<u16>) -> &[u8] {
    match split_port(authority) {
        (host, Some(digits)) if parse_port(digits) == port && port.is_some() => host,
        _ => authority,
    }
}

/// Whether `bytes` is a non-empty host with an optional port below 65536, without userinfo.
pub(super) fn is_authority(bytes: &[u8]) -> bool {
    // Nearly every name is of plain host bytes; the others are looked at again and with more care.
    let plain = bytes.iter().position(|&byte| !scan::is_host(byte)).unwrap_or(bytes.len());
    let (named, port) = match bytes.get(plain) {
        None | Some(b':') => (plain > 0, bytes.get(plain + 1..)),
        Some(_) => {
            let (host, port) = split_port(bytes);
            (!host.is_empty() && is_host(host), port)
        }
    };
    named && port.is_none_or(|port| port.is_empty() || parse_port(port).is_some())
}

fn is_host(host: &[u8]) -> bool {
    if let [b'[', literal @ .., b']'] = host {
        return std::str::from_utf8(literal).is_ok_and(|literal| literal.parse::<Ipv6Addr>().is_ok());
    }
    let mut rest = host;
    loop {
        match rest {
            [] => return true,
            [b'%', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                rest = after
            }
            [byte, after @ ..] if scan::is_host(*byte) => rest = after,
            _ => return false,
        }
    }
}

/// Host, and what follows the colon behind it.
fn split_port(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let literal = if authority.first() == Some(&b'[') {
        authority.iter().position(|&byte| byte == b']').unwrap_or_default()
    } else {
        0
    };
    let after = authority.get(literal..).unwrap_or_default();
    match after.iter().position(|&byte| byte == b':') {
        Some(colon) => {
            let (host, port) = authority.split_at(literal + colon);
            (host, port.get(1..))
        }
        None => (authority, None),
    }
}

fn parse_port(port: &[u8]) -> Option<u16> {
    if port.is_empty() || port.len() > 5 {
        return None;
    }
    let number = port
        .iter()
        .try_fold(0, |sum: u32, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))?;
    u16::try_from(number).ok()
}

/// Whether target and Host header mean the same host and port. Without a known default a missing port fits any.
pub(super) fn agree(authority: &[u8], host: &[u8], default: Option<u16>) -> bool {
    let (target_name, target_port) = split_port(authority);
    let (host_name, host_port) = split_port(host);
    if !target_name.eq_ignore_ascii_case(host_name) {
        return false;
    }
    let target_port = target_port.and_then(parse_port).or(default);
    match (target_port, host_port.and_then(parse_port).or(default)) {
        (Some(target), Some(host)) => target == host,
        _ => true,
    }
}
