//! Patterns to sets.

use regex::bytes::{Regex, RegexBuilder, RegexSetBuilder};
use sluicegate_proto::catalog::ValueType;
use sluicegate_proto::limits::{MAX_PATTERNS, MAX_REGEX_BYTES, MAX_REGEXES};
use sluicegate_proto::v1::{self, Match};

use super::call::{castable, shown, type_word};
use super::reason::Fault;
use super::scope::Scope;
use crate::expr::{Affixes, Exact, IntSet, IpSet, Matcher, Network, Patterns, Substrings, Words};
use crate::patterns::ListUse;

/// Bytes of all parts of one `sub` test together: an automaton is many times its patterns.
const MAX_SUBSTRING_BYTES: usize = 4 << 20;
/// Nesting of one regular expression.
const MAX_REGEX_DEPTH: u32 = 128;

/// `yields`: type of the sample where that compiled.
pub(super) fn matcher(wire: &v1::Test, yields: Option<ValueType>, scope: &mut Scope<'_>) -> Option<Matcher> {
    let how = scope.known::<Match>("match", wire.r#match);
    let patterns = patterns(wire, scope);
    let (how, patterns) = (how?, patterns?);
    let takes = match how {
        Match::Bool => ValueType::Bool,
        Match::Int => ValueType::Int,
        Match::Ip => ValueType::Ip,
        _ => ValueType::Str,
    };
    if let Some(gets) = yields.filter(|&gets| how != Match::Found && !castable(gets, takes)) {
        let (takes, gets) = (type_word(takes), type_word(gets));
        return scope.fault(Fault::Cast { of: "the match".to_owned(), takes, gets });
    }
    let given = !wire.patterns.is_empty() || !wire.pattern_lists.is_empty();
    match how {
        Match::Found | Match::Bool if given => scope.fault(Fault::Meaningless { what: "a pattern" }),
        Match::Found => Some(Matcher::Found),
        Match::Bool => Some(Matcher::Bool),
        _ if !given => scope.fault(Fault::NoPatterns),
        Match::Int => integers(&patterns, scope).map(Matcher::Int),
        Match::Len => integers(&patterns, scope).map(Matcher::Len),
        Match::Ip => networks(&patterns, scope).map(Matcher::Ip),
        _ => bytes_matcher(how, &patterns, wire.ignore_case, scope),
    }
}

/// How a test uses its lists.
pub(super) fn used(wire: &v1::Test) -> ListUse {
    ListUse { how: wire.r#match(), ignore_case: wire.ignore_case, gives: None }
}

/// All patterns of a test, those of its lists included.
fn patterns(wire: &v1::Test, scope: &mut Scope<'_>) -> Option<Vec<Vec<u8>>> {
    scope.count("patterns", wire.patterns.len(), MAX_PATTERNS)?;
    let mut all: Vec<Vec<u8>> = wire.patterns.iter().map(|pattern| pattern.to_vec()).collect();
    all.iter().try_for_each(|pattern| scope.length("pattern", pattern).ok_or(())).ok()?;
    let used = used(wire);
    let lists = scope.each("list", &wire.pattern_lists, |scope, id| scope.list(Some(id), used));
    for (_, list) in lists? {
        all.extend(list.entries().map(|entry| entry.pattern.to_vec()));
        scope.count("patterns", all.len(), MAX_PATTERNS)?;
    }
    Some(all)
}

/// Matches over bytes: str, beg, end, sub, dir, dom, reg, bin.
pub(super) fn bytes_matcher(
    how: Match,
    patterns: &[Vec<u8>],
    fold: bool,
    scope: &mut Scope<'_>,
) -> Option<Matcher> {
    let compiled = match how {
        Match::Str => Patterns::Exact(Exact::new(patterns, fold)),
        Match::Beg => Patterns::Begins(Affixes::starts(patterns, fold)),
        Match::End => Patterns::Ends(Affixes::ends(patterns, fold)),
        Match::Sub => Patterns::Contains(substrings(patterns, fold, scope)?),
        Match::Dir => Patterns::Words(Words::new(patterns, Words::PATH_DELIMITERS, fold)),
        Match::Dom => Patterns::Words(Words::new(patterns, Words::DOMAIN_DELIMITERS, fold)),
        Match::Reg => Patterns::Regex(regexes(patterns, fold, scope)?),
        Match::Bin => {
            let decoded = scope.each("pattern", patterns, |scope, pattern| {
                hexadecimal(pattern).or_else(|| scope.fault(Fault::BadHex(shown(pattern))))
            });
            Patterns::Exact(Exact::new(&decoded?, false))
        }
        Match::Unspecified | Match::Found | Match::Bool | Match::Int | Match::Ip | Match::Len => {
            return scope.fault(Fault::Meaningless { what: how.as_str_name() });
        }
    };
    Some(Matcher::Bytes(compiled))
}

pub(super) fn substrings(patterns: &[Vec<u8>], fold: bool, scope: &mut Scope<'_>) -> Option<Substrings> {
    let bytes = patterns.iter().map(Vec::len).sum();
    if bytes > MAX_SUBSTRING_BYTES {
        return scope.fault(Fault::TooLong { what: "patterns", bytes, limit: MAX_SUBSTRING_BYTES });
    }
    Substrings::new(patterns, fold)
        .map_or_else(|error| scope.fault(Fault::BadSubstrings(error.to_string())), Some)
}

/// One automaton over all expressions. Bytes, not characters: `.` is any byte but a line feed, classes are ASCII.
pub(super) fn regexes(
    patterns: &[Vec<u8>],
    fold: bool,
    scope: &mut Scope<'_>,
) -> Option<regex::bytes::RegexSet> {
    scope.count("regular expressions", patterns.len(), MAX_REGEXES)?;
    let texts: Vec<String> = patterns.iter().map(|pattern| regex_text(pattern)).collect();
    let built = RegexSetBuilder::new(&texts)
        .unicode(false)
        .case_insensitive(fold)
        .nest_limit(MAX_REGEX_DEPTH)
        .size_limit(MAX_REGEX_BYTES)
        .dfa_size_limit(MAX_REGEX_BYTES)
        .build();
    let Err(together) = built else { return built.ok() };
    let mut blamed = false;
    for pattern in patterns {
        blamed |= regex(pattern, fold, scope).is_none();
    }
    if blamed { None } else { scope.fault(Fault::BadRegexSet(last_line(&together))) }
}

/// One expression, of the same language and limits as those of a set.
pub(super) fn regex(pattern: &[u8], fold: bool, scope: &mut Scope<'_>) -> Option<Regex> {
    let built = RegexBuilder::new(&regex_text(pattern))
        .unicode(false)
        .case_insensitive(fold)
        .nest_limit(MAX_REGEX_DEPTH)
        .size_limit(MAX_REGEX_BYTES)
        .build();
    built.map_or_else(
        |error| scope.fault(Fault::BadRegex { pattern: shown(pattern), error: last_line(&error) }),
        Some,
    )
}

/// The parser of expressions wants UTF-8; bytes that are none become escapes.
fn regex_text(pattern: &[u8]) -> String {
    let mut text = String::with_capacity(pattern.len());
    for chunk in pattern.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// The parser's message draws the pattern first; what is wrong stands in the last line.
fn last_line(error: &regex::Error) -> String {
    let message = error.to_string();
    let line = message.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

pub(super) fn hexadecimal(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if digits.is_empty() || !rest.is_empty() {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    pairs.iter().map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect()
}

/// Numbers (`5`), ranges (`1:9`, `1:`, `:9`) and comparisons (`ge 5`); an operator that stands alone is that of all
/// patterns behind it, as on an ACL's line.
fn integers(patterns: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<IntSet> {
    let mut operator = Comparison::Equal;
    let mut ranges = Vec::with_capacity(patterns.len());
    let mut good = true;
    for pattern in patterns {
        let mut words = pattern.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
        let parsed = match (words.next(), words.next(), words.next()) {
            (Some(word), None, None) => match Comparison::named(word) {
                Some(named) => {
                    operator = named;
                    continue;
                }
                None => operator.range(word),
            },
            (Some(word), Some(number), None) => Comparison::named(word).and_then(|named| named.range(number)),
            _ => None,
        };
        match parsed {
            Some(range) => ranges.extend(range),
            None => {
                good = false;
                scope.fault::<()>(Fault::BadInteger(shown(pattern)));
            }
        }
    }
    if good { Some(IntSet::new(ranges)) } else { None }
}

#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    GreaterOrEqual,
    Greater,
    LessOrEqual,
    Less,
}

impl Comparison {
    fn named(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"eq" => Self::Equal,
            b"ge" => Self::GreaterOrEqual,
            b"gt" => Self::Greater,
            b"le" => Self::LessOrEqual,
            b"lt" => Self::Less,
            _ => return None,
        })
    }

    /// The numbers that a word stands for: `None` where it is no number, `Some(None)` where none are left.
    fn range(self, word: &[u8]) -> Option<Option<(i64, i64)>> {
        let word = std::str::from_utf8(word).ok()?;
        if let Some((from, to)) = word.split_once(':') {
            let from = if from.is_empty() { i64::MIN } else { from.parse().ok()? };
            let to = if to.is_empty() { i64::MAX } else { to.parse().ok()? };
            return (self == Self::Equal && word != ":" && from <= to).then_some(Some((from, to)));
        }
        let number: i64 = word.parse().ok()?;
        Some(match self {
            Self::Equal => Some((number, number)),
            Self::GreaterOrEqual => Some((number, i64::MAX)),
            Self::Greater => number.checked_add(1).map(|from| (from, i64::MAX)),
            Self::LessOrEqual => Some((i64::MIN, number)),
            Self::Less => number.checked_sub(1).map(|to| (i64::MIN, to)),
        })
    }
}

fn networks(patterns: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<IpSet> {
    each_network(patterns, scope).map(IpSet::new)
}

/// All of them, in their order.
pub(super) fn each_network(patterns: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<Vec<Network>> {
    all(patterns, scope, network, Fault::BadNetwork)
}

/// Numbers and ranges (`5`, `1:9`), in their order.
pub(super) fn each_range(patterns: &[Vec<u8>], scope: &mut Scope<'_>) -> Option<Vec<(i64, i64)>> {
    all(patterns, scope, |pattern| Comparison::Equal.range(pattern).flatten(), Fault::BadInteger)
}

/// What each pattern means; all that mean nothing are told.
fn all<T>(
    patterns: &[Vec<u8>],
    scope: &mut Scope<'_>,
    meaning: impl Fn(&[u8]) -> Option<T>,
    fault: impl Fn(String) -> Fault,
) -> Option<Vec<T>> {
    let meant: Vec<Option<T>> = patterns
        .iter()
        .map(|pattern| meaning(pattern).or_else(|| scope.fault(fault(shown(pattern)))))
        .collect();
    meant.into_iter().collect()
}

/// An address, with a prefix length or (IPv4) a mask of ones and then zeros.
fn network(pattern: &[u8]) -> Option<Network> {
    let text = std::str::from_utf8(pattern).ok()?;
    let (address, prefix) =
        text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let ip: std::net::IpAddr = address.parse().ok()?;
    let most = if ip.is_ipv4() { 32 } else { 128 };
    let prefix_length = match prefix {
        None => most,
        Some(prefix) if ip.is_ipv4() && prefix.contains('.') => {
            let mask = u32::from(prefix.parse::<std::net::Ipv4Addr>().ok()?);
            let ones = mask.leading_ones();
            if mask.count_ones() != ones {
                return None;
            }
            u8::try_from(ones).ok()?
        }
        Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
        Some(_) => return None,
    };
    (prefix_length <= most).then_some(Network { ip, prefix_length })
}

#[cfg(test)]
mod tests;
