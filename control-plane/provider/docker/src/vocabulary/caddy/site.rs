//! The addresses of a site.

use crate::labels::{DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT, is_host};

/// Where a site is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// In clear alone.
    Clear,
    /// Over TLS alone.
    Tls,
    /// Over TLS where there is TLS, and clients are sent there.
    Best,
}

/// `https://shop.example`: the way, and the host, if it is of one.
pub(super) fn address(text: &str) -> Result<(Way, Option<String>), &'static str> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if !path.is_empty() {
        return Err("has a path, which a matcher has to have instead");
    }
    let way = match (scheme, port) {
        (Some("http"), None | Some("80")) | (None, Some("80")) => Way::Clear,
        (Some("https"), None | Some("443")) | (None, Some("443")) => Way::Tls,
        (None, None) => Way::Best,
        (Some("http" | "https") | None, _) => return Err("has a port that no entry point is known by"),
        _ => return Err("has a scheme that is neither http nor https"),
    };
    let host = host.to_ascii_lowercase();
    match &host[..] {
        "" | "*" => Ok((way, None)),
        _ if is_host(host.strip_prefix("*.").unwrap_or(&host)) => Ok((way, Some(host))),
        _ => Err("is not a host name"),
    }
}

impl Way {
    /// The entry points, and whether clients are sent from one to the other.
    pub(super) fn entrypoints(&self, tls: bool) -> (Vec<String>, bool) {
        let names: &[&str] = match (self, tls) {
            (Self::Clear, _) | (Self::Best, false) => &[DEFAULT_ENTRYPOINT],
            (Self::Tls, _) => &[DEFAULT_TLS_ENTRYPOINT],
            (Self::Best, true) => &[DEFAULT_ENTRYPOINT, DEFAULT_TLS_ENTRYPOINT],
        };
        (names.iter().map(|name| (*name).to_owned()).collect(), names.len() > 1)
    }
}
