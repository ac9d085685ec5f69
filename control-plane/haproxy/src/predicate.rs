//! Conditions over the program and its environment: `haproxy -cc` (HAProxy's configuration manual, 2.4 "Conditional
//! blocks").

use std::fmt;

/// The version of HAProxy's language that is read here, for `version_atleast` and `version_before`.
pub const LANGUAGE_VERSION: &str = "3.4.0";
/// Names that `feature(NAME)` finds: what HAProxy's build options of that name promise, and this program keeps.
const FEATURES: &[&str] = &["EPOLL", "THREAD"];
/// Nesting of parentheses and negations.
const MAX_DEPTH: usize = 16;
/// Bytes of one condition.
const MAX_LENGTH: usize = 64 * 1024;

/// Why a condition has no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidPredicate {
    /// It is longer than 64 KiB.
    #[error("the condition is longer than {MAX_LENGTH} bytes")]
    TooLong,
    /// More than 16 levels of parentheses and negations.
    #[error("the condition is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// Something else is wanted at a byte offset.
    #[error("expected {wanted} at '{found}' (byte {at})")]
    Expected {
        /// What could stand there.
        wanted: &'static str,
        /// What does, shortened.
        found: String,
        /// Byte offset.
        at: usize,
    },
    /// No predicate of that name.
    #[error(
        "unknown predicate '{0}'; there are defined, enabled, feature, streq, strneq, strstr, version_atleast and version_before"
    )]
    Unknown(String),
    /// Wrong number of arguments.
    #[error("{name}() takes {wanted} arguments, not {given}")]
    Arguments {
        /// The predicate.
        name: &'static str,
        /// How many it takes.
        wanted: usize,
        /// How many came.
        given: usize,
    },
}

/// Whether `condition` holds; `environment` answers `defined(NAME)`. Empty is false, a number is true unless 0.
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
        self.at += rest.len() - rest.trim_start().len();
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
        let found = self.rest().chars().take(20).collect();
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
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(InvalidPredicate::TooDeep);
        }
        let value = if self.take("!") {
            !self.term()?
        } else if self.take("(") {
            let value = self.either()?;
            if !self.take(")") {
                return Err(self.expected("')'"));
            }
            value
        } else {
            self.predicate()?
        };
        self.depth -= 1;
        Ok(value)
    }

    fn predicate(&mut self) -> Result<bool, InvalidPredicate> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() {
            return Err(self.expected("a predicate, a number, '!' or '('"));
        }
        self.at += end;
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            self.blanks();
            return Ok(name.bytes().any(|byte| byte != b'0'));
        }
        if !self.rest().starts_with('(') {
            return Err(self.expected("'('"));
        }
        self.at += 1;
        let arguments = self.arguments()?;
        self.call(name, &arguments)
    }

    fn arguments(&mut self) -> Result<Vec<String>, InvalidPredicate> {
        let mut arguments = vec![String::new()];
        let mut quote = None;
        while let Some(c) = self.rest().chars().next() {
            self.at += c.len_utf8();
            match (c, quote) {
                (')', None) => {
                    self.blanks();
                    return Ok(arguments);
                }
                (',', None) => arguments.push(String::new()),
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, _) => arguments.last_mut().expect("invariant: it starts with one and only grows").push(c),
            }
        }
        Err(self.expected("')' after the arguments"))
    }

    fn call(&self, name: &str, arguments: &[String]) -> Result<bool, InvalidPredicate> {
        let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let given = if texts == [""] { 0 } else { texts.len() };
        let wrong = |name, wanted| Err(InvalidPredicate::Arguments { name, wanted, given });
        match (name, texts.as_slice()) {
            ("defined", [name]) => Ok((self.environment)(name).is_some()),
            ("enabled", [_]) => Ok(false),
            ("feature", [name]) => Ok(FEATURES.contains(name)),
            ("streq", [a, b]) => Ok(a == b),
            ("strneq", [a, b]) => Ok(a != b),
            ("strstr", [text, part]) => Ok(text.contains(part)),
            ("version_atleast", [wanted]) => Ok(version(LANGUAGE_VERSION) >= version(wanted)),
            ("version_before", [wanted]) => Ok(version(LANGUAGE_VERSION) < version(wanted)),
            ("defined", _) => wrong("defined", 1),
            ("enabled", _) => wrong("enabled", 1),
            ("feature", _) => wrong("feature", 1),
            ("streq", _) => wrong("streq", 2),
            ("strneq", _) => wrong("strneq", 2),
            ("strstr", _) => wrong("strstr", 2),
            ("version_atleast", _) => wrong("version_atleast", 1),
            ("version_before", _) => wrong("version_before", 1),
            _ => Err(InvalidPredicate::Unknown(name.to_owned())),
        }
    }
}

/// `2.4-dev5` comes before `2.4.0`; what is missing is 0.
fn version(text: &str) -> (u32, u32, u32, bool, u32) {
    let (numbers, development) = match text.split_once("-dev") {
        Some((numbers, development)) => (numbers, Some(development)),
        None => (text, None),
    };
    let digits = |part: Option<&str>| -> u32 {
        let part = part.unwrap_or_default();
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().unwrap_or(0)
    };
    let mut parts = numbers.split('.');
    let (major, minor, patch) = (digits(parts.next()), digits(parts.next()), digits(parts.next()));
    (major, minor, patch, development.is_none(), digits(development))
}

#[cfg(test)]
mod tests;
