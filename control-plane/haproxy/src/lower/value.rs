//! Times, sizes and numbers, as HAProxy writes them.

use sluicegate_proto::limits::MAX_DURATION_MS;

/// The units of time (manual 2.5), and how many microseconds each has.
const TIME_UNITS: [(&str, u64); 6] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
];

/// A time that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidTime {
    /// No digits in front.
    #[error("`{0}` is not a time")]
    NoNumber(String),
    /// A unit that there is not.
    #[error("`{0}` is not a unit of time")]
    Unit(String),
    /// Longer than can be kept.
    #[error("`{0}` is longer than 24.8 days")]
    TooLong(String),
}

impl InvalidTime {
    /// What would be right.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            InvalidTime::NoNumber(_) | InvalidTime::Unit(_) => {
                "write a number and a unit: us, ms (the default), s, m, h or d, as in `30s`"
            }
            InvalidTime::TooLong(_) => "the longest time is 2147483647ms, which is 24.8 days",
        }
    }
}

/// A time in milliseconds; a bare number is in milliseconds. Parts of a millisecond count as a whole one.
pub(crate) fn milliseconds(text: &str) -> Result<u64, InvalidTime> {
    time(text, "ms")
}

/// The same for a program that only wants to know: one that is too long is the longest.
pub(crate) fn clamped(text: &str) -> Option<u64> {
    match milliseconds(text) {
        Err(InvalidTime::TooLong(_)) => Some(MAX_DURATION_MS),
        time => time.ok(),
    }
}

/// A time in milliseconds whose number is in `bare` where it has no unit.
pub(crate) fn time(text: &str, bare: &str) -> Result<u64, InvalidTime> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(InvalidTime::NoNumber(text.to_owned()));
    }
    let unit = if unit.is_empty() { bare } else { unit };
    let Some((_, factor)) = TIME_UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(InvalidTime::Unit(unit.to_owned()));
    };
    let too_long = || InvalidTime::TooLong(text.to_owned());
    let number: u64 = number.parse().map_err(|_| too_long())?;
    let micros = number.checked_mul(*factor).ok_or_else(too_long)?;
    let millis = micros.div_ceil(1_000);
    if millis > MAX_DURATION_MS { Err(too_long()) } else { Ok(millis) }
}

/// A size in bytes: a number, and `k`, `m` or `g` (manual 2.5).
pub(crate) fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// The time at the beginning of a text that goes on after its unit, and how long it is: `5min` begins with five minutes.
/// HAProxy up to 2.6 read it so, and did not say it before 2.5.
pub(crate) fn beginning(text: &str) -> Option<(u64, usize)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let unit = TIME_UNITS.iter().map(|(unit, _)| *unit).find(|unit| text[digits..].starts_with(unit))?;
    let end = digits + unit.len();
    let goes_on = text[end..].starts_with(|c: char| c.is_ascii_alphabetic());
    milliseconds(&text[..end]).ok().filter(|_| goes_on).map(|millis| (millis, end))
}

/// Whether the time has no unit.
pub(crate) fn is_bare(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let cases = [
            ("5", 5),
            ("0", 0),
            ("5ms", 5),
            ("3s", 3_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
            ("1500us", 2),
            ("2147483647", 2_147_483_647),
        ];
        for (text, expected) in cases {
            assert_eq!(milliseconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let cases = [("0", Some(0)), ("5k", Some(5 << 10)), ("2M", Some(2 << 20)), ("1g", Some(1 << 30))];
        for (text, expected) in cases {
            assert_eq!(size(text), expected, "{text}");
        }
        for text in ["", "k", "-1", "5kb", "1 k", "18446744073709551615g"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_unit_may_be_written_out() {
        let cases = [
            ("5min", Some((300_000, 2))),
            ("10sec", Some((10_000, 3))),
            ("20msec", Some((20, 4))),
            ("2hours", Some((7_200_000, 2))),
            ("5m", None),
            ("5", None),
            ("min", None),
            ("5x", None),
            ("1s2", None),
            ("1.5s", None),
            ("99days", None),
        ];
        for (text, expected) in cases {
            assert_eq!(beginning(text), expected, "{text}");
        }
    }

    #[test]
    fn wrong_times_are_told() {
        assert_eq!(milliseconds(""), Err(InvalidTime::NoNumber("".into())));
        assert_eq!(milliseconds("-1s"), Err(InvalidTime::NoNumber("-1s".into())));
        assert_eq!(milliseconds("5 s"), Err(InvalidTime::Unit(" s".into())));
        assert_eq!(milliseconds("5sec"), Err(InvalidTime::Unit("sec".into())));
        assert_eq!(milliseconds("25d"), Err(InvalidTime::TooLong("25d".into())));
        assert_eq!(
            milliseconds("99999999999999999999"),
            Err(InvalidTime::TooLong("99999999999999999999".into()))
        );
        assert_eq!(milliseconds("18446744073709551615d").map_err(|e| e.help().len() > 10), Err(true));
    }
}
