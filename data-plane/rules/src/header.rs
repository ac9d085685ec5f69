//! Values within header lines.

use std::net::IpAddr;
use std::ops::Range;

/// The values of a line: parts between commas that stand in no quoted string (RFC 9110 section 5.6.1), without the space
/// around them. Empty parts count.
pub fn values(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    value_ranges(line).map(|range| &line[range])
}

/// Where the [`values`] stand in their line.
pub(crate) fn value_ranges(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let end = start + comma(&line[start..]);
        from = (end < line.len()).then_some(end + 1);
        let value = line[start..end].trim_ascii_start();
        let start = end - value.len();
        Some(start..start + value.trim_ascii_end().len())
    })
}

/// Where the first value of `line` ends.
fn comma(line: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = memchr::memchr2(b',', b'"', &line[from..]).map(|at| from + at) {
        if line[at] == b',' {
            return at;
        }
        let Some(end) = quoted_end(line, at + 1) else { break };
        from = end + 1;
    }
    line.len()
}

/// Where the quoted string ends whose inner part starts at `from`.
fn quoted_end(line: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', line.get(from..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// The values of a cookie in one Cookie line (RFC 6265 4.2.1), quotes around a value left out.
pub(crate) fn cookies<'a>(line: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    line.split(|&byte| byte == b';').filter_map(move |pair| {
        let equals = memchr::memchr(b'=', pair)?;
        let value = pair[equals + 1..].trim_ascii();
        let value = value.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(value);
        (pair[..equals].trim_ascii() == name).then_some(value)
    })
}

/// The number at the start of a value, 0 where there is none; too large ones stop at the limit.
pub(crate) fn leading_number(value: &[u8]) -> i64 {
    let (negative, digits) = value.strip_prefix(b"-").map_or((false, value), |digits| (true, digits));
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number =
        digits.fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add((digit - b'0').into()));
    if negative { -number } else { number }
}

/// An address as RFC 7239 6 writes nodes: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
pub(crate) fn address(value: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(value).ok()?;
    if let Some(inner) = text.strip_prefix('[') {
        let (ip, port) = inner.split_once(']')?;
        let port = port.strip_prefix(':').unwrap_or("0");
        return port.parse::<u16>().ok().and_then(|_| ip.parse().ok()).map(IpAddr::V6);
    }
    if let Ok(ip) = text.parse() {
        return Some(ip);
    }
    let (ip, port) = text.split_once(':')?;
    port.parse::<u16>().ok().and_then(|_| ip.parse().ok()).map(IpAddr::V4)
}

#[cfg(test)]
mod tests;
