//! Conditions over the program and its environment: `.if` lines, and `haproxy -cc` (HAProxy's configuration manual, 2.4
//! "Conditional blocks").
//!
//! What is said of the program is said of the language that it reads ([`LANGUAGE_VERSION`]) and of what it can do
//! ([`FEATURES`], [`ENABLED`]), never of a library that it does not have: whatever is asked of OpenSSL or AWS-LC is
//! false.

#[cfg(test)]
mod tests;

use std::fmt;

use crate::diagnostic::{Diagnostics, Severity};
use crate::environment::Environment;
use crate::lexer::{Lexer, Quoting, Scope};
use crate::source::SourceMap;
use crate::word::Word;

/// The version of HAProxy's language that is read here, for `version_atleast` and `version_before`: keywords up to
/// that version are known, so that a file which has branches for several versions takes its newest one.
pub const LANGUAGE_VERSION: &str = "3.4.0";

/// Its branch, for `$HAPROXY_BRANCH`.
pub const LANGUAGE_BRANCH: &str = "3.4";

/// Names that `feature(NAME)` finds: what HAProxy's build options of that name promise, and this program keeps.
pub const FEATURES: &[&str] = &["ACCEPT4", "EPOLL", "GETADDRINFO", "LINUX_SPLICE", "THREAD"];

/// Names that `enabled(NAME)` finds: what is in use without being asked for.
pub const ENABLED: &[&str] = &["EPOLL", "GETADDRINFO", "REUSEPORT", "SPLICE"];

/// Nesting of parentheses. HAProxy counts to 1024, and a pair of parentheses counts three times.
const MAX_DEPTH: usize = 341;
/// Bytes of one condition.
const MAX_LENGTH: usize = 64 * 1024;

/// Why a condition has no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidPredicate {
    /// It is longer than 64 KiB.
    #[error("the condition is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// More levels of parentheses than HAProxy has.
    #[error("the condition is nested deeper than {MAX_DEPTH} levels")]
    TooDeep {
        /// Byte offset.
        at: usize,
    },
    /// Something else is wanted at a byte offset.
    #[error("expected {wanted}, found {found}")]
    Expected {
        /// What could stand there.
        wanted: &'static str,
        /// What does, shortened and in quotes, or that it ends.
        found: String,
        /// Byte offset.
        at: usize,
    },
    /// No predicate of that name.
    #[error("unknown predicate '{name}'")]
    Unknown {
        /// The name.
        name: String,
        /// Byte offset.
        at: usize,
    },
    /// Wrong number of arguments.
    #[error("{name}() takes {wanted} argument(s), not {given}")]
    Arguments {
        /// The predicate.
        name: &'static str,
        /// How many it takes.
        wanted: usize,
        /// How many came.
        given: usize,
        /// Byte offset of the predicate.
        at: usize,
    },
}

impl InvalidPredicate {
    /// The byte of the condition that is at fault.
    pub fn at(&self) -> usize {
        match self {
            Self::TooLong => 0,
            Self::TooDeep { at }
            | Self::Expected { at, .. }
            | Self::Unknown { at, .. }
            | Self::Arguments { at, .. } => *at,
        }
    }
}

/// A predicate by its name.
#[derive(Clone, Copy, Debug)]
enum Predicate {
    Defined,
    Enabled,
    Feature,
    Equal,
    Different,
    Contains,
    VersionAtLeast,
    VersionBefore,
    /// Of a library that is not in use.
    Foreign,
}

/// Every predicate, and how many arguments it takes.
const PREDICATES: &[(&str, Predicate, usize)] = &[
    ("defined", Predicate::Defined, 1),
    ("enabled", Predicate::Enabled, 1),
    ("feature", Predicate::Feature, 1),
    ("streq", Predicate::Equal, 2),
    ("strneq", Predicate::Different, 2),
    ("strstr", Predicate::Contains, 2),
    ("version_atleast", Predicate::VersionAtLeast, 1),
    ("version_before", Predicate::VersionBefore, 1),
    ("openssl_version_atleast", Predicate::Foreign, 1),
    ("openssl_version_before", Predicate::Foreign, 1),
    ("ssllib_name_startswith", Predicate::Foreign, 1),
    ("awslc_api_atleast", Predicate::Foreign, 1),
    ("awslc_api_before", Predicate::Foreign, 1),
];

/// The names of all predicates.
pub fn names() -> impl Iterator<Item = &'static str> {
    PREDICATES.iter().map(|(name, ..)| *name)
}

/// Whether `condition`, a line's words joined by spaces, holds; `environment` answers `defined(NAME)`.
/// Empty is false, a number is true unless 0.
///
/// # Errors
/// The first place where it cannot be read.
pub fn evaluate(
    condition: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<bool, InvalidPredicate> {
    if condition.len() > MAX_LENGTH {
        return Err(InvalidPredicate::TooLong);
    }
    let mut reader = Reader { text: condition, at: 0, depth: 0, environment };
    reader.blanks();
    if reader.rest().is_empty() {
        return Ok(false);
    }
    let value = reader.either()?;
    if reader.rest().is_empty() { Ok(value) } else { Err(reader.expected("'&&', '||' or the end")) }
}

/// The same for a condition that is still to be cut into words, as `haproxy -cc` has it: quotes, escapes and variables
/// count.
///
/// # Errors
/// What is wrong with the words, or with the condition that they make.
pub fn evaluate_line(line: &str, environment: &Environment) -> Result<bool, String> {
    let sources = SourceMap::of("condition", &format!(".if {line}"));
    let mut diagnostics = Diagnostics::default();
    let mut words = Vec::new();
    for source in sources.sources() {
        let mut lexer = Lexer::new(source, Quoting::Modern, 0);
        let scope = Scope { environment, section: "" };
        words.extend(lexer.next_line(scope, &mut diagnostics).into_iter().flat_map(|line| line.words));
    }
    if let Some(error) = diagnostics.iter().find(|found| found.severity == Severity::Error) {
        return Err(error.message.clone());
    }
    let texts: Vec<&str> = words.iter().skip(1).map(Word::text).collect();
    let environment = |name: &str| environment.get(name).map(str::to_owned);
    evaluate(&texts.join(" "), &environment).map_err(|error| error.to_string())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("rest", &self.rest()).finish()
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Takes `token` and the blanks after it.
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.blanks();
        }
        found
    }

    fn expected(&self, wanted: &'static str) -> InvalidPredicate {
        let shown: String = self.rest().chars().take(20).collect();
        let found = if shown.is_empty() { "the end".to_owned() } else { format!("'{shown}'") };
        InvalidPredicate::Expected { wanted, found, at: self.at }
    }

    /// `both || both …`; both sides are read even where the first decides, so that a mistake is always told.
    fn either(&mut self) -> Result<bool, InvalidPredicate> {
        let mut value = self.both()?;
        while self.take("||") {
            value |= self.both()?;
        }
        Ok(value)
    }

    fn both(&mut self) -> Result<bool, InvalidPredicate> {
        let mut value = self.term()?;
        while self.take("&&") {
            value &= self.term()?;
        }
        Ok(value)
    }

    fn term(&mut self) -> Result<bool, InvalidPredicate> {
        let mut negated = false;
        while self.take("!") {
            negated = !negated;
        }
        let open = self.at;
        let value = if self.take("(") {
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(InvalidPredicate::TooDeep { at: open });
            }
            let value = self.either()?;
            if !self.take(")") {
                return Err(self.expected("')'"));
            }
            self.depth -= 1;
            value
        } else if let Some(value) = self.number() {
            value
        } else {
            self.predicate()?
        };
        Ok(value != negated)
    }

    /// A number as C's `strtol` takes it: with a sign, decimal, octal or hexadecimal. Only whether it is 0 matters.
    fn number(&mut self) -> Option<bool> {
        let rest = self.rest();
        let signless = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let hex = signless.strip_prefix("0x").or_else(|| signless.strip_prefix("0X"));
        let hex = hex.filter(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit()));
        let (digits, radix) = match hex {
            Some(digits) => (digits, 16),
            None => (signless, if signless.starts_with('0') { 8 } else { 10 }),
        };
        let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        if end == 0 {
            return None;
        }
        self.at += rest.len() - digits.len() + end;
        self.blanks();
        Some(digits[..end].bytes().any(|byte| byte != b'0'))
    }

    fn predicate(&mut self) -> Result<bool, InvalidPredicate> {
        let (rest, at) = (self.rest(), self.at);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return Err(self.expected("a predicate, a number, '!' or '('"));
        }
        let Some((name, predicate, wanted)) = PREDICATES.iter().find(|(known, ..)| *known == name).copied()
        else {
            return Err(InvalidPredicate::Unknown { name: name.to_owned(), at });
        };
        self.at += end;
        let mut arguments = Vec::new();
        if self.rest().starts_with('(') {
            self.at += 1;
            arguments = self.arguments()?;
        }
        // As in HAProxy, a single argument may be missing: it is empty.
        if arguments.is_empty() && wanted == 1 {
            arguments.push(String::new());
        }
        self.blanks();
        let given = arguments.len();
        if given != wanted {
            return Err(InvalidPredicate::Arguments { name, wanted, given, at });
        }
        Ok(self.holds(predicate, &arguments[0], arguments.get(1).map_or("", String::as_str)))
    }

    /// Up to the closing parenthesis, with the quotes and escapes that were left after the line was cut into words.
    fn arguments(&mut self) -> Result<Vec<String>, InvalidPredicate> {
        let mut arguments = Vec::new();
        let mut argument = String::new();
        let mut quote = None;
        let mut chars = self.rest().char_indices().peekable();
        while let Some((offset, c)) = chars.next() {
            match (c, quote) {
                (')', None) => {
                    self.at += offset + 1;
                    if !arguments.is_empty() || !argument.is_empty() {
                        arguments.push(argument);
                    }
                    return Ok(arguments);
                }
                (',', None) => arguments.push(std::mem::take(&mut argument)),
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                ('\\', None | Some('"')) => match chars.next_if(|(_, next)| " \\\"'rnt".contains(*next)) {
                    Some((_, 'r')) => argument.push('\r'),
                    Some((_, 'n')) => argument.push('\n'),
                    Some((_, 't')) => argument.push('\t'),
                    Some((_, escaped)) => argument.push(escaped),
                    None => argument.push('\\'),
                },
                (c, _) => argument.push(c),
            }
        }
        self.at = self.text.len();
        Err(self.expected("')' after the arguments"))
    }

    fn holds(&self, predicate: Predicate, one: &str, two: &str) -> bool {
        match predicate {
            Predicate::Defined => (self.environment)(one).is_some(),
            Predicate::Enabled => ENABLED.contains(&one),
            Predicate::Feature => FEATURES.contains(&one),
            Predicate::Equal => one == two,
            Predicate::Different => one != two,
            Predicate::Contains => one.contains(two),
            Predicate::VersionAtLeast => version(LANGUAGE_VERSION) >= version(one),
            Predicate::VersionBefore => version(LANGUAGE_VERSION) < version(one),
            Predicate::Foreign => false,
        }
    }
}

/// `2.4-dev5` comes before `2.4.0`, and that before `2.4.0-1`; what is missing is 0.
fn version(text: &str) -> (u32, u32, u32, bool, u32) {
    let (numbers, suffix) = text.split_once('-').unwrap_or((text, ""));
    let development = suffix.strip_prefix("dev");
    let digits = |part: Option<&str>| -> u32 {
        let part = part.unwrap_or_default();
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().unwrap_or(0)
    };
    let mut parts = numbers.split('.');
    let (major, minor, patch) = (digits(parts.next()), digits(parts.next()), digits(parts.next()));
    (major, minor, patch, development.is_none(), digits(development.or(Some(suffix))))
}
