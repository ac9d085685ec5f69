//! Host and port (RFC 9112 section 3.2, RFC 3986 section 3.2).

use std::net::Ipv6Addr;

use super::{Delicate, Invalid, values};

/// The Host header beside what the target names.
pub(super) fn check(
    fields: &[(Vec<u8>, Vec<u8>)],
    minor: u8,
    target: Option<&[u8]>,
    delicate: &mut Vec<Delicate>,
) -> Result<(), Invalid> {
    let hosts: Vec<&[u8]> = values(fields, "host").collect();
    let host = match hosts[..] {
        [] if minor == 0 => return Ok(()),
        [host] => host,
        _ => return Err(Invalid::Host),
    };
    // Section 3.2: empty where the target has no authority.
    if !host.is_empty() {
        judge(host, delicate)?;
    }
    if target.is_some_and(|target| !target.eq_ignore_ascii_case(host)) {
        delicate.push(Delicate::TwoHosts);
    }
    Ok(())
}

/// `uri-host [ ":" port ]`
pub(super) fn judge(authority: &[u8], delicate: &mut Vec<Delicate>) -> Result<(), Invalid> {
    let (host, port) = split(authority).ok_or(Invalid::Host)?;
    if let Some(literal) = host.strip_prefix(b"[") {
        let literal = literal.strip_suffix(b"]").ok_or(Invalid::Host)?;
        let text = std::str::from_utf8(literal).map_err(|_| Invalid::Host)?;
        if literal.first().is_some_and(|byte| byte.eq_ignore_ascii_case(&b'v')) {
            delicate.push(Delicate::Authority);
        } else if text.parse::<Ipv6Addr>().is_err() {
            return Err(Invalid::Host);
        }
    } else if host.is_empty() || !is_reg_name(host) {
        return Err(Invalid::Host);
    }
    let Some(port) = port else { return Ok(()) };
    if !port.iter().all(u8::is_ascii_digit) {
        return Err(Invalid::Host);
    }
    let number = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u64>().ok());
    if port.len() > 5 || number.is_some_and(|number| number > 65_535) {
        delicate.push(Delicate::Authority);
    }
    Ok(())
}

/// Host, and what follows the colon behind it. The colons of an IP literal are within its brackets.
pub(super) fn split(authority: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let bracket = if authority.starts_with(b"[") {
        authority.iter().position(|byte| *byte == b']')? + 1
    } else {
        authority.iter().position(|byte| *byte == b':').unwrap_or(authority.len())
    };
    let (host, rest) = authority.split_at(bracket);
    match rest {
        [] => Some((host, None)),
        [b':', port @ ..] => Some((host, Some(port))),
        _ => None,
    }
}

/// `*( unreserved / pct-encoded / sub-delims )`
fn is_reg_name(host: &[u8]) -> bool {
    let mut at = 0;
    while at < host.len() {
        match host[at] {
            b'%' => {
                let digits = host.get(at + 1..at + 3);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return false;
                }
                at += 3;
            }
            byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) => at += 1,
            _ => return false,
        }
    }
    true
}
