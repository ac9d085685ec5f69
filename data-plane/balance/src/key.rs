//! What of a request or a connection is the key that hashes to an endpoint. (HAProxy: balance)

use std::num::NonZeroU32;

mod rdp;

pub use rdp::{RdpCookie, find_rdp_cookie, rdp_cookie};

/// Which part of a request target counts. (HAProxy: balance uri)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uri {
    /// The query too.
    pub whole: bool,
    /// Not the scheme and the authority of a target that has them.
    pub path_only: bool,
    /// No more bytes than these.
    pub len: Option<NonZeroU32>,
    /// No more directories than these: the slash that would open the next one ends the key.
    pub depth: Option<NonZeroU32>,
}

impl Uri {
    /// The part of `target` that counts.
    pub fn of(self, target: &[u8]) -> &[u8] {
        let target = if self.path_only { path(target) } else { target };
        let most = self.len.map_or(usize::MAX, |len| len.get() as usize);
        let target = &target[..target.len().min(most)];
        let mut slashes = 0;
        let ends = |&byte: &u8| {
            slashes += u32::from(byte == b'/');
            (byte == b'/' && self.depth.is_some_and(|depth| slashes > depth.get()))
                || (byte == b'?' && !self.whole)
        };
        &target[..target.iter().position(ends).unwrap_or(target.len())]
    }
}

/// What follows the authority, where there is one.
fn path(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let Some(scheme) = target.windows(3).position(|bytes| bytes == b"://") else { return &[] };
    let authority = &target[scheme + 3..];
    authority.iter().position(|&byte| byte == b'/').map_or(&[], |slash| &authority[slash..])
}

/// The value of the first parameter `name` in the query of `target`, as it is written there; `None`: there is none.
/// (HAProxy: balance url_param)
pub fn url_param<'a>(target: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    parameter(&target[target.iter().position(|&byte| byte == b'?')? + 1..], name)
}

/// The value of the first parameter `name` in a form (application/x-www-form-urlencoded), as it is written there. (HAProxy:
/// balance url_param check_post)
pub fn parameter<'a>(form: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    form.split(|&byte| byte == b'&').find_map(|parameter| parameter.strip_prefix(name)?.strip_prefix(b"="))
}

/// Of a host name the label before its last dot, so that all hosts of a domain are one; a name without a dot, or with
/// only a leading one, is whole. (HAProxy: balance hdr use_domain_only)
pub fn domain_only(host: &[u8]) -> &[u8] {
    let Some(end) = host.iter().skip(1).rposition(|&byte| byte == b'.').map(|at| at + 1) else { return host };
    // A label has a byte, be it a dot.
    let start = host[..end - 1].iter().rposition(|&byte| byte == b'.').map_or(0, |dot| dot + 1);
    &host[start..end]
}

#[cfg(test)]
mod tests;
