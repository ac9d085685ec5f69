//! Patterns of a test: checked and brought to the form that the wire has, by match method.

use std::net::IpAddr;

use regex::bytes::RegexBuilder;
use sluicegate_proto::v1::Match;

use super::Problem;
use crate::inet;
use crate::raw;

/// Largest compiled size of one regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// The word after `-m`.
pub(super) fn method_name(method: Match) -> &'static str {
    match method {
        Match::Unspecified => "",
        Match::Found => "found",
        Match::Bool => "bool",
        Match::Int => "int",
        Match::Ip => "ip",
        Match::Str => "str",
        Match::Beg => "beg",
        Match::End => "end",
        Match::Sub => "sub",
        Match::Dir => "dir",
        Match::Dom => "dom",
        Match::Reg => "reg",
        Match::Len => "len",
        Match::Bin => "bin",
    }
}

/// Every method that `-m` names.
pub(super) const METHODS: [Match; 13] = [
    Match::Found,
    Match::Bool,
    Match::Int,
    Match::Ip,
    Match::Str,
    Match::Beg,
    Match::End,
    Match::Sub,
    Match::Dir,
    Match::Dom,
    Match::Reg,
    Match::Len,
    Match::Bin,
];

/// Whether the method compares integers.
pub(super) fn is_integer(method: Match) -> bool {
    matches!(method, Match::Int | Match::Len)
}

/// Whether the method looks at no pattern.
pub(super) fn takes_none(method: Match) -> bool {
    matches!(method, Match::Found | Match::Bool)
}

/// One pattern in the wire's form.
pub(super) fn normalized(method: Match, pattern: &str, ignore_case: bool) -> Result<String, Problem> {
    let text = || pattern.to_owned();
    match method {
        Match::Int | Match::Len => range(pattern).map(|_| text()),
        Match::Ip => network(pattern).ok_or_else(|| Problem::NotAnAddress { text: text() }),
        Match::Reg => {
            let bytes = raw::regex(pattern);
            let built = RegexBuilder::new(&bytes)
                .case_insensitive(ignore_case)
                .unicode(false)
                .size_limit(MAX_REGEX_BYTES)
                .build();
            match built {
                Ok(_) => Ok(bytes.into_owned()),
                Err(error) => Err(Problem::BadRegex { text: text(), reason: regex_reason(pattern, &error) }),
            }
        }
        Match::Bin => {
            let good =
                pattern.len().is_multiple_of(2) && pattern.bytes().all(|byte| byte.is_ascii_hexdigit());
            good.then(text).ok_or_else(|| Problem::NotHexadecimal { text: text() })
        }
        _ => Ok(text()),
    }
}

/// Versions with a dot, or a range of them, as the numbers that they are: `3.1` is 3 times 65536 and 1 (HAProxy:
/// req.ssl_ver). Nothing where the text is none.
pub(super) fn version_range(text: &str) -> Option<String> {
    let number = |text: &str| {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        let (major, minor) = (major.parse::<u16>().ok()?, minor.parse::<u16>().ok()?);
        Some((u32::from(major) << 16 | u32::from(minor)).to_string())
    };
    let open = |text: &str| if text.is_empty() { Some(String::new()) } else { number(text) };
    match text.split_once([':', '-']) {
        Some((low, high)) => Some(format!("{}:{}", open(low)?, open(high)?)),
        None => number(text),
    }
}

/// Why a pattern that may be fine for PCRE is refused, in one line.
fn regex_reason(pattern: &str, error: &regex::Error) -> String {
    if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| pattern.contains(look)) {
        return "look-around is not supported".into();
    }
    match error {
        regex::Error::CompiledTooBig(limit) => format!("larger than {limit} bytes when compiled"),
        // The parser's picture of the pattern is of no use here: its last line says what is wrong.
        other => {
            other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        }
    }
}

/// `low:high`, where either may be missing, or one number.
fn range(pattern: &str) -> Result<(i64, i64), Problem> {
    let number = |text: &str, missing: i64| match text {
        "" => Ok(missing),
        text => text.parse::<i64>().map_err(|_| Problem::NotAnInteger { text: pattern.to_owned() }),
    };
    let (low, high) = match pattern.split_once(':') {
        Some((low, high)) if !(low.is_empty() && high.is_empty()) => {
            (number(low, i64::MIN)?, number(high, i64::MAX)?)
        }
        _ => {
            let only = pattern.parse().map_err(|_| Problem::NotAnInteger { text: pattern.to_owned() })?;
            (only, only)
        }
    };
    if low > high { Err(Problem::EmptyRange { text: pattern.to_owned() }) } else { Ok((low, high)) }
}

/// `gt 5` as a range, `None` where `word` is no operator.
pub(super) fn compared(operator: &str, operand: &str) -> Option<Result<String, Problem>> {
    if !is_operator(operator) {
        return None;
    }
    let written = || format!("{operator} {operand}");
    let Ok(number) = operand.parse::<i64>() else {
        return Some(Err(Problem::NotAnInteger { text: operand.to_owned() }));
    };
    let bound = match operator {
        "eq" => Some(number.to_string()),
        "ge" => Some(format!("{number}:")),
        "le" => Some(format!(":{number}")),
        "gt" => number.checked_add(1).map(|low| format!("{low}:")),
        _ => number.checked_sub(1).map(|high| format!(":{high}")),
    };
    Some(bound.ok_or_else(|| Problem::EmptyRange { text: written() }))
}

/// Whether the word compares integers.
pub(super) fn is_operator(word: &str) -> bool {
    matches!(word, "eq" | "ge" | "gt" | "le" | "lt")
}

/// An address or a network; a dotted mask becomes a prefix length.
fn network(pattern: &str) -> Option<String> {
    let Some((address, mask)) = pattern.split_once('/') else {
        let address = pattern.parse::<IpAddr>().ok().or_else(|| inet::aton(pattern).map(IpAddr::from));
        return address.map(|address| address.to_string());
    };
    let address: IpAddr = address.parse().ok().or_else(|| inet::aton(address).map(IpAddr::from))?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match (mask.parse::<u32>(), mask.parse::<IpAddr>()) {
        (Ok(prefix), _) if prefix <= longest => prefix,
        (_, Ok(IpAddr::V4(mask))) if address.is_ipv4() => {
            let bits = u32::from(mask);
            (bits.leading_ones() + bits.trailing_zeros() >= 32).then_some(bits.leading_ones())?
        }
        _ => return None,
    };
    Some(format!("{address}/{prefix}"))
}

/// A pattern that is no text, for a method that needs some.
pub(super) fn not_text(method: Match, shown: &str) -> Problem {
    let text = shown.to_owned();
    match method {
        Match::Ip => Problem::NotAnAddress { text },
        Match::Bin => Problem::NotHexadecimal { text },
        Match::Reg => Problem::BadRegex { text, reason: "it is not UTF-8; write bytes as \\xHH".into() },
        _ => Problem::NotAnInteger { text },
    }
}
