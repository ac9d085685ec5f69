//! Points in time as logs write them: what a second looks like is worked out once and copied from then on.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::digits::{pair, thousandths};

const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
/// Seconds that are remembered: lines may tell of the accepts of connections of different age.
const KEPT: usize = 8;

/// Where a point in time comes to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    Utc,
    Local,
}

/// The host's time zone, and the seconds that were asked for last.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    utc: [Second; KEPT],
    local: [Second; KEPT],
}

/// A second in the forms of logs.
#[derive(Debug, Clone, Copy)]
struct Second {
    /// Since 1970.
    number: u64,
    /// `22/Nov/2026:18:56:49`
    date: [u8; 20],
    /// `Nov  2 18:56:49` (RFC 3164 4.1.2)
    rfc3164: [u8; 15],
    /// `2026-11-22T18:56:49` (RFC 3339 5.6)
    rfc3339: [u8; 19],
    /// `+01:00`
    offset: [u8; 6],
}

impl Default for Calendar {
    fn default() -> Self {
        Self::new(TimeZone::system())
    }
}

impl Calendar {
    pub(crate) fn new(zone: TimeZone) -> Self {
        let (utc, local) = (Second::new(0, &TimeZone::UTC), Second::new(0, &zone));
        Self { zone, utc: [utc; KEPT], local: [local; KEPT] }
    }

    fn second(&mut self, at: Duration, zone: Zone) -> &Second {
        let number = at.as_secs();
        let (seconds, zone) = match zone {
            Zone::Utc => (&mut self.utc, &TimeZone::UTC),
            Zone::Local => (&mut self.local, &self.zone),
        };
        let second = &mut seconds[(number % KEPT as u64) as usize];
        if second.number != number {
            *second = Second::new(number, zone);
        }
        second
    }

    /// `22/Nov/2026:18:56:49.123`
    pub(crate) fn date_millis(&mut self, at: Duration, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.second(at, Zone::Local).date);
        let [a, b, c] = thousandths(at.subsec_millis().into());
        out.extend_from_slice(&[b'.', a, b, c]);
    }

    /// `22/Nov/2026:18:56:49 +0100`
    pub(crate) fn date_zone(&mut self, at: Duration, zone: Zone, out: &mut Vec<u8>) {
        let second = self.second(at, zone);
        let [sign, a, b, _, c, d] = second.offset;
        out.extend_from_slice(&second.date);
        out.extend_from_slice(&[b' ', sign, a, b, c, d]);
    }

    /// `Nov  2 18:56:49` (RFC 3164 4.1.2)
    pub(crate) fn rfc3164(&mut self, at: Duration, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.second(at, Zone::Local).rfc3164);
    }

    /// `2026-11-22T18:56:49.123456+01:00` (RFC 5424 6.2.3)
    pub(crate) fn rfc5424(&mut self, at: Duration, out: &mut Vec<u8>) {
        let second = self.second(at, Zone::Local);
        out.extend_from_slice(&second.rfc3339);
        out.push(b'.');
        let micros = u64::from(at.subsec_micros());
        out.extend_from_slice(&thousandths(micros / 1000));
        out.extend_from_slice(&thousandths(micros));
        out.extend_from_slice(&second.offset);
    }
}

impl Second {
    fn new(number: u64, zone: &TimeZone) -> Self {
        let at = Timestamp::from_second(i64::try_from(number).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX);
        let offset = zone.to_offset(at);
        let civil = offset.to_datetime(at);
        // A timestamp ends with the year 9999.
        let year = u64::from(civil.year().unsigned_abs());
        let ([y1, y2], [y3, y4]) = (pair(year / 100), pair(year));
        let [o1, o2] = two(civil.month());
        let [d1, d2] = two(civil.day());
        let ([h1, h2], [m1, m2], [s1, s2]) = (two(civil.hour()), two(civil.minute()), two(civil.second()));
        let [a, b, c] = *month(civil);
        let d0 = if d1 == b'0' { b' ' } else { d1 };
        Self {
            number,
            date: [d1, d2, b'/', a, b, c, b'/', y1, y2, y3, y4, b':', h1, h2, b':', m1, m2, b':', s1, s2],
            rfc3164: [a, b, c, b' ', d0, d2, b' ', h1, h2, b':', m1, m2, b':', s1, s2],
            rfc3339: [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2],
            offset: offset_text(offset),
        }
    }
}

/// Of a field that is not negative.
fn two(field: i8) -> [u8; 2] {
    pair(field.unsigned_abs().into())
}

fn month(civil: DateTime) -> &'static [u8; 3] {
    usize::try_from(civil.month() - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&MONTHS[0])
}

fn offset_text(offset: Offset) -> [u8; 6] {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { b'-' } else { b'+' };
    let minutes = u64::from(minutes.unsigned_abs());
    let ([h1, h2], [m1, m2]) = (pair(minutes / 60), pair(minutes % 60));
    [sign, h1, h2, b':', m1, m2]
}
