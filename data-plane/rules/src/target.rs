//! Parts of a request target (RFC 9112 3.2).

use memchr::{memchr, memmem};

/// Path and query: all of an origin form, what follows the authority in an absolute form. `None` for `*`, for the
/// authority form of CONNECT, and for an absolute form that ends with its authority.
pub fn path_and_query(target: &[u8]) -> Option<&[u8]> {
    if target.first() == Some(&b'/') {
        return Some(target);
    }
    let authority = memmem::find(target, b"://")? + 3;
    let rest = &target[authority..];
    memchr(b'/', rest).filter(|&slash| !rest[..slash].contains(&b'?')).map(|slash| &rest[slash..])
}

/// The path, up to the question mark.
pub fn path(target: &[u8]) -> Option<&[u8]> {
    path_and_query(target).map(|path| &path[..memchr(b'?', path).unwrap_or(path.len())])
}

/// What follows the first question mark; `None` where there is none.
pub fn query(target: &[u8]) -> Option<&[u8]> {
    memchr(b'?', target).map(|mark| &target[mark + 1..])
}

/// The values of a parameter, in order. Parameters begin after `delimiter` and are parted by it, `&` and `;`.
pub(crate) fn parameters<'a>(
    target: &'a [u8],
    name: &'a [u8],
    delimiter: u8,
) -> impl Iterator<Item = &'a [u8]> {
    let start = memchr(delimiter, target).map_or(target.len(), |at| at + 1);
    target[start..]
        .split(move |&byte| byte == b'&' || byte == b';' || byte == delimiter)
        .filter_map(move |parameter| parameter.strip_prefix(name)?.strip_prefix(b"="))
}

#[cfg(test)]
mod tests;
