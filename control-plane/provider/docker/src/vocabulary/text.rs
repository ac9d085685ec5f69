//! What others say, as words of the configuration language that it does not get out of.

use regex::Regex;

use crate::wanted::Line;

/// A word of the configuration language, whatever it holds but line ends.
pub fn word(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A word that is a format, and says this and nothing else.
pub(super) fn literal(value: &str) -> String {
    word(&escaped(value))
}

/// What a format says as it is.
pub(super) fn escaped(value: &str) -> String {
    value.replace('%', "%%")
}

/// Whether a value can stand on a line.
pub(super) fn is_plain(value: &str) -> bool {
    !value.chars().any(char::is_control)
}

/// Whether a value is a path that can be asked for, with a query if need be.
pub(super) fn is_target(value: &str) -> bool {
    value.starts_with('/') && !value.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// A line of a label.
pub(super) fn line(label: &str, text: impl Into<String>) -> Line {
    Line { label: label.to_owned(), text: text.into() }
}

/// The parts between commas, without white space around them and without empty ones.
pub(super) fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A text as the name of a backend; others have other names.
pub(super) fn name(text: &str) -> String {
    const LONGEST: usize = 200;
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    if !text.is_empty() && text.len() <= LONGEST && text.chars().all(good) {
        return text.to_owned();
    }
    let shown: String = text.chars().take(LONGEST).map(|c| if good(c) { c } else { '_' }).collect();
    format!("{shown}:{:08x}", crate::groups::hash(text))
}

/// As much of a line as may be patterns.
const PATTERNS: usize = 40;

/// Lines that name a condition: that a sample, with flags behind it, is one of these; without any, that it holds.
pub(super) fn acl(label: &str, name: &str, sample: &str, patterns: &[String]) -> Vec<Line> {
    if patterns.is_empty() {
        return vec![line(label, format!("{name} {sample}"))];
    }
    let say = |patterns: &[String]| {
        let words: Vec<String> = patterns.iter().map(|pattern| word(pattern)).collect();
        line(label, format!("{name} {sample} -- {}", words.join(" ")))
    };
    patterns.chunks(PATTERNS).map(say).collect()
}

/// The same, as lines of a backend.
pub(super) fn backend_acl(label: &str, name: &str, sample: &str, patterns: &[String]) -> Vec<Line> {
    let lines = acl(label, name, sample, patterns).into_iter();
    lines.map(|line| Line { text: format!("acl {}", line.text), ..line }).collect()
}

/// Whether a value is an address, or one with the length of a prefix.
pub(super) fn is_network(value: &str) -> bool {
    let (address, length) =
        value.split_once('/').map_or((value, None), |(address, length)| (address, Some(length)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else { return false };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= longest))
}

/// A flag in any of the spellings that Go's programs take.
pub(super) fn truth(value: &str) -> Option<bool> {
    match value.trim() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A time as Go's programs take it, or in seconds.
pub(super) fn milliseconds(value: &str) -> Option<u64> {
    const LONGEST: u64 = 86_400_000;
    let mut rest = value.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return seconds.checked_mul(1_000).filter(|time| *time <= LONGEST);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(digits)?;
        let units = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(units)?;
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = tail;
    }
    (1..=LONGEST).contains(&total).then_some(total)
}

/// A pattern, and what takes the place of its first match, as Go's programs write it: as a pattern of the whole text, and
/// a format.
pub(super) fn replacement(pattern: &str, with: &str) -> Result<(String, String), &'static str> {
    const NO_PATTERN: &str = "is no pattern that can be read";
    let read = Regex::new(pattern).map_err(|_| NO_PATTERN)?;
    // One for what stands before, one for what stands behind, and ten can be named.
    let groups = read.captures_len();
    if groups > 8 {
        return Err("is a pattern of more than 7 groups");
    }
    let mut text = String::from(r"\1");
    let mut rest = with;
    while let Some(at) = rest.find('$') {
        let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text += &escaped(before).replace('\\', r"\\");
        let behind = behind.get(1..).unwrap_or_default();
        if let Some(tail) = behind.strip_prefix('$') {
            text.push('$');
            rest = tail;
            continue;
        }
        let (name, tail) = match behind.strip_prefix('{').and_then(|behind| behind.split_once('}')) {
            Some(braced) => braced,
            None => {
                let end =
                    behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
                behind.split_at_checked(end).unwrap_or((behind, ""))
            }
        };
        let named = || read.capture_names().position(|known| known == Some(name));
        match name.parse().ok().or_else(named) {
            // Nothing is captured before the text itself.
            Some(0) => return Err("the whole match cannot be named; put it into a group"),
            Some(number) if number < groups => text += &format!("\\{}", number + 1),
            // A group that is not there is empty.
            _ => {}
        }
        rest = tail;
    }
    text += &escaped(rest).replace('\\', r"\\");
    text += &format!("\\{}", groups + 1);
    let whole = format!("^(.*?)(?:{pattern})(.*)$");
    if Regex::new(&whole).is_ok() { Ok((whole, text)) } else { Err(NO_PATTERN) }
}
