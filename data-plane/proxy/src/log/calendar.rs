//! Points in time as logs write them, computed once a second.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Where a point in time comes to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Zone {
    Utc,
    Local,
}

/// The host's time zone, and the second that was asked for last.
#[derive(Debug)]
pub(crate) struct Calendar {
    zone: TimeZone,
    second: u64,
    local: (DateTime, Offset),
}

impl Default for Calendar {
    fn default() -> Self {
        Self::new(TimeZone::system())
    }
}

impl Calendar {
    pub(crate) fn new(zone: TimeZone) -> Self {
        let local = broken_down(&zone, 0);
        Self { zone, second: 0, local }
    }

    /// The calendar's fields of a point in time since 1970.
    pub(crate) fn fields(&mut self, at: Duration, zone: Zone) -> (DateTime, Offset) {
        if zone == Zone::Utc {
            return broken_down(&TimeZone::UTC, at.as_secs());
        }
        if self.second != at.as_secs() {
            self.second = at.as_secs();
            self.local = broken_down(&self.zone, self.second);
        }
        self.local
    }

    /// `22/Nov/2026:18:56:49`
    pub(crate) fn date(&mut self, at: Duration, zone: Zone, out: &mut Vec<u8>) {
        let (civil, _) = self.fields(at, zone);
        digits(civil.day(), 2, out);
        out.push(b'/');
        out.extend_from_slice(month(civil).as_bytes());
        out.push(b'/');
        digits(civil.year(), 4, out);
        out.push(b':');
        clock(civil, out);
    }

    /// `22/Nov/2026:18:56:49.123`
    pub(crate) fn date_millis(&mut self, at: Duration, out: &mut Vec<u8>) {
        self.date(at, Zone::Local, out);
        out.push(b'.');
        digits(at.subsec_millis(), 3, out);
    }

    /// `22/Nov/2026:18:56:49 +0100`
    pub(crate) fn date_zone(&mut self, at: Duration, zone: Zone, out: &mut Vec<u8>) {
        self.date(at, zone, out);
        out.push(b' ');
        offset(self.fields(at, zone).1, false, out);
    }

    /// `Nov  2 18:56:49` (RFC 3164 4.1.2)
    pub(crate) fn rfc3164(&mut self, at: Duration, out: &mut Vec<u8>) {
        let (civil, _) = self.fields(at, Zone::Local);
        out.extend_from_slice(month(civil).as_bytes());
        out.push(b' ');
        if civil.day() < 10 {
            out.push(b' ');
        }
        digits(civil.day(), 1, out);
        out.push(b' ');
        clock(civil, out);
    }

    /// `2026-11-22T18:56:49.123456+01:00` (RFC 5424 6.2.3)
    pub(crate) fn rfc5424(&mut self, at: Duration, out: &mut Vec<u8>) {
        let (civil, zone) = self.fields(at, Zone::Local);
        digits(civil.year(), 4, out);
        out.push(b'-');
        digits(civil.month(), 2, out);
        out.push(b'-');
        digits(civil.day(), 2, out);
        out.push(b'T');
        clock(civil, out);
        out.push(b'.');
        digits(at.subsec_micros(), 6, out);
        offset(zone, true, out);
    }
}

fn broken_down(zone: &TimeZone, second: u64) -> (DateTime, Offset) {
    let second = i64::try_from(second).unwrap_or(i64::MAX);
    let at = Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
    let offset = zone.to_offset(at);
    (offset.to_datetime(at), offset)
}

fn month(civil: DateTime) -> &'static str {
    usize::try_from(civil.month() - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"Jan")
}

fn clock(civil: DateTime, out: &mut Vec<u8>) {
    digits(civil.hour(), 2, out);
    out.push(b':');
    digits(civil.minute(), 2, out);
    out.push(b':');
    digits(civil.second(), 2, out);
}

fn offset(offset: Offset, colon: bool, out: &mut Vec<u8>) {
    let minutes = offset.seconds() / 60;
    out.push(if minutes < 0 { b'-' } else { b'+' });
    digits(minutes.abs() / 60, 2, out);
    if colon {
        out.push(b':');
    }
    digits(minutes.abs() % 60, 2, out);
}

/// A number that is not negative, filled with zeros.
pub(super) fn digits(number: impl itoa::Integer, width: usize, out: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number);
    out.extend(std::iter::repeat_n(b'0', width.saturating_sub(text.len())));
    out.extend_from_slice(text.as_bytes());
}
