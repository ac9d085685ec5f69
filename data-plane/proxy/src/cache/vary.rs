//! Responses that differ by what the request says (RFC 9111 section 4.1; HAProxy: process-vary).

use super::control::list;
use crate::compression::members;
use crate::h1::View;

/// The codings that are told apart, and their bits (those that HAProxy knows).
const CODINGS: [(&[u8], u16); 11] = [
    (b"identity", IDENTITY),
    (b"gzip", 1 << 1),
    (b"x-gzip", 1 << 1),
    (b"deflate", 1 << 2),
    (b"compress", 1 << 3),
    (b"x-compress", 1 << 3),
    (b"br", 1 << 4),
    (b"zstd", 1 << 5),
    (b"exi", 1 << 6),
    (b"aes128gcm", 1 << 7),
    (b"pack200-gzip", 1 << 8),
];
const IDENTITY: u16 = 1;
const ALL: u16 = u16::MAX;
/// Codings of a request after which it is not read on: nothing that varies by them is for it.
const MOST_CODINGS: usize = 16;

fn bit(name: &[u8]) -> Option<u16> {
    CODINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, bit)| *bit)
}

/// What a request takes, as a set of codings; `None`: it names too many.
#[must_use]
pub fn accepted<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<u16> {
    let (mut told, mut count) = (false, 0);
    let (mut taken, mut refused) = (0, 0);
    let mut others = None;
    for line in lines {
        told = true;
        for member in members(line) {
            count += 1;
            let wanted = member.weight > 0;
            if member.coding == b"*" {
                others = Some(wanted);
            } else if let Some(bit) = bit(member.coding) {
                *if wanted { &mut taken } else { &mut refused } |= bit;
            }
            if count == MOST_CODINGS {
                return None;
            }
        }
    }
    Some(match others {
        // RFC 9110 section 12.5.3: who says nothing takes everything.
        _ if !told => ALL,
        Some(true) => ALL & !refused,
        Some(false) => taken,
        None => (taken | IDENTITY) & !refused,
    })
}

/// The set of codings that a response has; `None`: one of them is not known.
#[must_use]
pub fn coding<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<u16> {
    let all = lines.flat_map(list).try_fold(0, |all, name| Some(all | bit(name)?))?;
    Some(if all == 0 { IDENTITY } else { all })
}

/// The headers of the request that a response varies by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vary {
    /// Accept-Encoding.
    pub encoding: bool,
    /// Referer.
    pub referer: bool,
    /// Origin.
    pub origin: bool,
}

impl Vary {
    /// Reads the lines of the header; `None`: there are others among them.
    pub fn of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        lines.flat_map(list).try_fold(Self::default(), |mut vary, name| {
            let known: [(&[u8], &mut bool); 3] = [
                (b"Accept-Encoding", &mut vary.encoding),
                (b"Referer", &mut vary.referer),
                (b"Origin", &mut vary.origin),
            ];
            let (_, found) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
            *found = true;
            Some(vary)
        })
    }

    /// It varies by nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// What a request says that responses may vary by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    codings: Option<u16>,
    referer: Option<Box<[u8]>>,
    origin: Option<Box<[u8]>>,
}

impl Asker {
    /// Reads a request.
    #[must_use]
    pub fn of(request: View<'_>) -> Self {
        Self {
            codings: accepted(request.values(b"Accept-Encoding")),
            referer: request.value(b"Referer").map(Into::into),
            origin: request.value(b"Origin").map(Into::into),
        }
    }
}

/// Whom a response that varies is for.
#[derive(Debug)]
pub(crate) struct Variant {
    coding: Option<u16>,
    referer: Option<Option<Box<[u8]>>>,
    origin: Option<Option<Box<[u8]>>>,
}

impl Variant {
    /// Of a response to `asker`; `None`: it cannot be told whom it is for.
    pub(crate) fn new(vary: Vary, response: View<'_>, asker: &Asker) -> Option<Self> {
        let coding = match vary.encoding {
            true => {
                asker.codings?;
                Some(coding(response.values(b"Content-Encoding"))?)
            }
            false => None,
        };
        Some(Self {
            coding,
            referer: vary.referer.then(|| asker.referer.clone()),
            origin: vary.origin.then(|| asker.origin.clone()),
        })
    }

    /// Whether it is for this one.
    pub(crate) fn is_for(&self, asker: &Asker) -> bool {
        let reads = |coding: u16| asker.codings.is_some_and(|codings| codings & coding == coding);
        self.coding.is_none_or(reads)
            && self.referer.as_ref().is_none_or(|referer| *referer == asker.referer)
            && self.origin.as_ref().is_none_or(|origin| *origin == asker.origin)
    }
}

#[cfg(test)]
mod tests;
