//! The forms of a request-target (RFC 9112 section 3.2).

use super::{Delicate, Invalid, host};

/// Host and port that the target names, if its form has them.
pub(super) fn authority<'a>(
    method: &[u8],
    target: &'a [u8],
    delicate: &mut Vec<Delicate>,
) -> Result<Option<&'a [u8]>, Invalid> {
    if method == b"CONNECT" {
        let (_, port) = host::split(target).ok_or(Invalid::Target)?;
        if port.is_none_or(<[u8]>::is_empty) {
            return Err(Invalid::Target);
        }
        host::judge(target, delicate).map_err(|_| Invalid::Target)?;
        return Ok(Some(target));
    }
    if target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") {
        return Ok(None);
    }
    absolute(target, delicate)
}

/// `scheme ":" hier-part [ "?" query ]`
fn absolute<'a>(target: &'a [u8], delicate: &mut Vec<Delicate>) -> Result<Option<&'a [u8]>, Invalid> {
    let colon = target.iter().position(|byte| *byte == b':').ok_or(Invalid::Target)?;
    let (scheme, rest) = (&target[..colon], &target[colon + 1..]);
    let lettered = scheme.first().is_some_and(u8::is_ascii_alphabetic);
    if !lettered || !scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)) {
        return Err(Invalid::Target);
    }
    let Some(rest) = rest.strip_prefix(b"//") else {
        delicate.push(Delicate::Uri);
        return Ok(None);
    };
    let end = rest.iter().position(|byte| b"/?".contains(byte)).unwrap_or(rest.len());
    let authority = &rest[..end];
    if authority.is_empty() || authority.contains(&b'@') || authority.starts_with(b":") {
        delicate.push(Delicate::Uri);
        return Ok(None);
    }
    host::judge(authority, delicate).map_err(|_| Invalid::Target)?;
    Ok(Some(authority))
}
