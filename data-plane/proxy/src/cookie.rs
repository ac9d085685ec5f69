//! Cookies that keep a client with its endpoint, as HAProxy writes and reads them: what their values are, and where they
//! stand in header lines (RFC 6265).

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use sluicegate_model::persistence::Cookie;
use twox_hash::XxHash64;

/// Between the endpoint and the dates.
const DATE: u8 = b'|';
/// Between the endpoint and the value that it gave itself.
pub(crate) const PREFIX: u8 = b'~';
/// Digits of a date, of 6 bits each.
const DIGITS: usize = 5;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// A date that is further ahead than this is made up.
const AHEAD_SECONDS: u64 = 86_400;

/// What a cookie calls an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// As somebody wrote it.
    Written(&'a [u8]),
    /// Made of its address and a key.
    Made([u8; 16]),
}

impl Value<'_> {
    /// The value of an endpoint at an address, the same on every proxy that has the key. (HAProxy: dynamic-cookie-key)
    pub(crate) fn of_address(key: &[u8], address: SocketAddr) -> Option<Self> {
        let mut text = key.to_vec();
        match address.ip() {
            IpAddr::V4(ip) => text.extend_from_slice(&ip.octets()),
            IpAddr::V6(ip) => text.extend_from_slice(&ip.octets()),
        }
        text.extend_from_slice(&u32::from(address.port()).to_be_bytes());
        let digits = format!("{:016x}", XxHash64::oneshot(0, &text));
        Some(Self::Made(digits.as_bytes().try_into().ok()?))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Written(value) => value,
            Self::Made(value) => value,
        }
    }
}

/// What became of the cookie of a request: the third letter of the log's termination state (HAProxy: manual 8.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Asked {
    /// `-`: no cookie is looked for.
    #[default]
    Nothing,
    /// `N`: there is none.
    Absent,
    /// `I`: it leads to no endpoint.
    Invalid,
    /// `D`: its endpoint is down.
    Down,
    /// `V`: its endpoint was asked for.
    Valid,
    /// `E`: it was not seen for too long.
    Expired,
    /// `O`: it was given too long ago.
    Old,
    /// `U`: it was not looked at.
    Unused,
}

impl Asked {
    /// Its letter.
    pub fn letter(self) -> u8 {
        match self {
            Self::Nothing => b'-',
            Self::Absent => b'N',
            Self::Invalid => b'I',
            Self::Down => b'D',
            Self::Valid => b'V',
            Self::Expired => b'E',
            Self::Old => b'O',
            Self::Unused => b'U',
        }
    }
}

/// What became of the cookie of an answer: the fourth letter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Given {
    /// `-`: no cookie is given.
    #[default]
    Nothing,
    /// `N`: the answer has none.
    Absent,
    /// `P`: the endpoint's own went through.
    Passed,
    /// `D`: the endpoint's own was taken out.
    Deleted,
    /// `I`: one was put in.
    Inserted,
    /// `R`: the endpoint's own was changed.
    Replaced,
    /// `U`: its date was renewed.
    Updated,
}

impl Given {
    /// Its letter.
    pub fn letter(self) -> u8 {
        match self {
            Self::Nothing => b'-',
            Self::Absent => b'N',
            Self::Passed => b'P',
            Self::Deleted => b'D',
            Self::Inserted => b'I',
            Self::Replaced => b'R',
            Self::Updated => b'U',
        }
    }
}

/// When a cookie was given and last seen, in seconds since 1970; 0: it does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    /// By the proxy that renewed it.
    pub last: u64,
    /// By the proxy that made it.
    pub first: u64,
}

/// The value of a request's cookie, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent<'a> {
    /// What it calls the endpoint.
    pub(crate) called: &'a [u8],
    pub(crate) dates: Dates,
    /// It counts no more.
    pub(crate) over: Option<Asked>,
}

impl<'a> Sent<'a> {
    /// Reads a value.
    pub(crate) fn of(rule: &Cookie, value: &'a [u8], now_seconds: u64) -> Self {
        let mut parts = value.split(|byte| *byte == DATE);
        let called = parts.next().unwrap_or_default();
        let mut date = || parts.next().and_then(date_of).unwrap_or_default();
        let mut dates = Dates { last: date(), first: date() };
        let is_beyond = |limit: Option<std::num::NonZeroU32>, date: u64| {
            let within = |limit: std::num::NonZeroU32| {
                now_seconds.saturating_sub(date) <= u64::from(limit.get())
                    && date.saturating_sub(now_seconds) <= AHEAD_SECONDS
            };
            date != 0 && limit.is_some_and(|limit| !within(limit))
        };
        let over = if is_beyond(rule.max_life_seconds, dates.first) {
            Some(Asked::Old)
        } else if is_beyond(rule.max_idle_seconds, dates.last) {
            Some(Asked::Expired)
        } else {
            None
        };
        if over.is_some() {
            dates = Dates::default();
        }
        Self { called, dates, over }
    }
}

/// Whether the client is to have the dates written anew though it has the right endpoint.
pub(crate) fn is_due(rule: &Cookie, dates: Dates, now_seconds: u64) -> bool {
    let seen = rule.max_idle_seconds.is_some() || dates.last != 0;
    (seen && (dates.last == 0 || dates.last < now_seconds))
        || (rule.max_life_seconds.is_some() != (dates.first != 0))
}

/// Appends the value that leads a client to an endpoint: its name, when it was given and when seen.
pub(crate) fn write(rule: &Cookie, value: Value<'_>, dates: Dates, now_seconds: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(value.bytes());
    if rule.is_dated() {
        out.push(DATE);
        push_date(now_seconds + 3, out);
        if rule.max_life_seconds.is_some() {
            out.push(DATE);
            push_date(if dates.first == 0 { now_seconds + 3 } else { dates.first }, out);
        }
    }
}

/// In units of 4 seconds.
fn push_date(seconds: u64, out: &mut Vec<u8>) {
    let number = seconds >> 2;
    out.extend((0..DIGITS).rev().map(|digit| ALPHABET[(number >> (6 * digit)) as usize & 63]));
}

fn date_of(digits: &[u8]) -> Option<u64> {
    let value = |digit: &u8| ALPHABET.iter().position(|letter| letter == digit).map(|value| value as u64);
    let number = digits.get(..DIGITS)?.iter().try_fold(0, |sum, digit| Some(sum << 6 | value(digit)?));
    number.map(|number| number << 2)
}

/// Where a cookie stands in a line of `Cookie`, or the first of `Set-Cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// From its name to the end of its value.
    pub whole: Range<usize>,
    /// As it is written: quotes are part of it, as in HAProxy.
    pub value: Range<usize>,
}

/// The cookies of that name in a line of `Cookie`.
pub fn pairs<'a>(line: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = Pair> + 'a {
    let mut at = 0;
    line.split(|byte| *byte == b';').filter_map(move |part| {
        let start = at + part.len() - part.trim_ascii_start().len();
        at += part.len() + 1;
        pair(part.trim_ascii(), start, name)
    })
}

/// The cookie of a line of `Set-Cookie`, if it has that name.
pub fn set_pair(line: &[u8], name: &[u8]) -> Option<Pair> {
    let part = line.split(|byte| *byte == b';').next().unwrap_or_default();
    pair(part.trim_ascii(), part.len() - part.trim_ascii_start().len(), name)
}

fn pair(part: &[u8], start: usize, name: &[u8]) -> Option<Pair> {
    let equals = part.iter().position(|byte| *byte == b'=')?;
    if part[..equals].trim_ascii_end() != name {
        return None;
    }
    let value = part[equals + 1..].trim_ascii_start();
    let end = start + part.len();
    Some(Pair { whole: start..end, value: end - value.len()..end })
}

/// A line of `Cookie` without one of its pairs, and without the semicolon that stood between it and its neighbours.
pub fn without(line: &[u8], pair: &Range<usize>, out: &mut Vec<u8>) {
    let before = line[..pair.start].trim_ascii_end();
    let before = before.strip_suffix(b";").unwrap_or(before);
    let after = line[pair.end..].trim_ascii_start();
    let after = after.strip_prefix(b";").unwrap_or(after).trim_ascii_start();
    out.extend_from_slice(before);
    if !before.is_empty() && !after.is_empty() {
        out.extend_from_slice(b"; ");
    }
    out.extend_from_slice(after);
}

#[cfg(test)]
mod tests;
