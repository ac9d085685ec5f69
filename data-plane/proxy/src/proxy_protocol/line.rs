//! Version 1: a line of text (section 2.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::{self, FromStr};

use super::{Ends, Header, Invalid, Parsed, Values};

/// What it begins with.
pub(super) const START: &[u8] = b"PROXY ";
/// The longest line, its end included.
pub(super) const MAX_LINE: usize = 107;

pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, Invalid> {
    let line = &bytes[..bytes.len().min(MAX_LINE)];
    let Some(end) = memchr::memchr(b'\n', line) else {
        return match line.len() {
            MAX_LINE => Err(Invalid::Malformed),
            length => Ok(Parsed::Part { wanted: length + 1 }),
        };
    };
    let text = line[..end].strip_suffix(b"\r").and_then(|text| text.strip_prefix(START));
    let text = text.and_then(|text| str::from_utf8(text).ok()).ok_or(Invalid::Malformed)?;
    let (protocol, rest) = text.split_once(' ').map_or((text, None), |(word, rest)| (word, Some(rest)));
    let ends = match protocol {
        // Whatever follows is to be passed over.
        "UNKNOWN" => Ends::Untold,
        "TCP4" => ends::<Ipv4Addr>(rest).ok_or(Invalid::Malformed)?,
        "TCP6" => ends::<Ipv6Addr>(rest).ok_or(Invalid::Malformed)?,
        _ => return Err(Invalid::Protocol),
    };
    Ok(Parsed::Whole { header: Header { ends, values: Values::default() }, length: end + 1 })
}

/// `<client> <local> <client port> <local port>`, with one space between them.
fn ends<T: FromStr + Into<IpAddr>>(words: Option<&str>) -> Option<Ends> {
    let mut words = words?.split(' ');
    let mut ip = || Some(words.next()?.parse::<T>().ok()?.into());
    let (client, local): (IpAddr, IpAddr) = (ip()?, ip()?);
    let (client_port, local_port) = (port(words.next()?)?, port(words.next()?)?);
    if words.next().is_some() {
        return None;
    }
    Some(Ends::Ip { client: SocketAddr::new(client, client_port), local: SocketAddr::new(local, local_port) })
}

/// Digits alone, and no zero before others.
fn port(word: &str) -> Option<u16> {
    let plain = word.bytes().all(|byte| byte.is_ascii_digit()) && (word == "0" || !word.starts_with('0'));
    word.parse().ok().filter(|_| plain)
}
