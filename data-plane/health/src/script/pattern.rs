//! What a step expects.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::evidence::Status;
use crate::formula::Formula;

/// A compiled regular expression over bytes.
pub trait Expression: fmt::Debug + Send + Sync {
    /// Whether it is found anywhere in the text.
    fn is_match(&self, text: &[u8]) -> bool;
    /// As it was written.
    fn source(&self) -> &str;
}

/// A shared expression; equal where it was written the same.
#[derive(Debug, Clone)]
pub struct Regex(pub Arc<dyn Expression>);

impl Regex {
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.0.source() == other.0.source()
    }
}

/// HAProxy: tcp-check expect, http-check expect.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// What matches is a failure.
    pub negated: bool,
    /// What is looked for.
    pub pattern: Pattern,
    /// With fewer bytes the answer is not judged, with as many it is for good; `None`: it is judged as it grows, and what
    /// does not match yet is waited for (HAProxy: min-recv).
    pub min_bytes: Option<u32>,
    /// Where it is the last step and it passes; `None`: L7OK.
    pub passed: Option<Status>,
    /// Where it fails; `None`: L7RSP, of HTTP statuses and headers L7STS.
    pub failed: Option<Status>,
    /// Where its time is up; `None`: L7TOUT.
    pub late: Option<Status>,
    /// Told where it is the last step and it passes.
    pub on_success: Option<Vec<Piece>>,
    /// Told where it fails.
    pub on_error: Option<Vec<Piece>>,
    /// The code that is told.
    pub code: CodeOf,
}

/// Where the code of an answer is (HAProxy: status-code).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CodeOf {
    /// In the status of HTTP, and nowhere else.
    #[default]
    Status,
    /// In three digits at the start.
    Start,
    /// An expression gives it.
    Made(Formula),
}

impl Expect {
    /// With nothing said but the pattern.
    pub fn new(pattern: Pattern) -> Self {
        Self {
            negated: false,
            pattern,
            min_bytes: None,
            passed: None,
            failed: None,
            late: None,
            on_success: None,
            on_error: None,
            code: CodeOf::Status,
        }
    }
}

/// What is looked for in an answer; in HTTP `Text` and `Regex` are about the body.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// These bytes, anywhere.
    Text(Box<[u8]>, TextKind),
    /// What a format gives, of one of the formatted kinds, anywhere.
    Made(Formula, TextKind),
    /// A match, anywhere.
    Regex(Regex),
    /// A match anywhere in the answer as upper-case hexadecimal digits.
    HexRegex(Regex),
    /// An HTTP status in one of these ranges.
    Status(Vec<RangeInclusive<u16>>),
    /// A match in the digits of the HTTP status.
    StatusRegex(Regex),
    /// A header.
    Header(HeaderPattern),
    /// A message of a protocol that has to be taken apart.
    Handshake(Handshake),
    /// The service that was asked about is served (grpc.health.v1.HealthCheckResponse).
    Serving,
}

/// How a text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// As it is.
    String,
    /// In hexadecimal digits.
    Binary,
    /// As a format. An empty one never matches.
    Formatted,
    /// As a format that gives hexadecimal digits. An empty one never matches.
    FormattedBinary,
}

/// A header that an answer has to have.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderPattern {
    /// Its name, whatever the case.
    pub name: TextMatch,
    /// Its value; `None`: any.
    pub value: Option<TextMatch>,
    /// The value is a whole line, not what stands between its commas.
    pub whole_lines: bool,
}

/// How a text is compared.
#[derive(Debug, Clone, PartialEq)]
pub enum TextMatch {
    /// It is this one.
    Is(Box<[u8]>),
    /// It begins so.
    Begins(Box<[u8]>),
    /// It ends so.
    Ends(Box<[u8]>),
    /// It has this in it.
    Contains(Box<[u8]>),
    /// It matches.
    Regex(Regex),
    /// As one of those before, with what a format gives.
    Made(How, Formula),
}

/// How what a format gives is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It is this one.
    Is,
    /// It begins so.
    Begins,
    /// It ends so.
    Ends,
    /// It has this in it.
    Contains,
}

impl How {
    pub(crate) fn with(self, text: Vec<u8>) -> TextMatch {
        match self {
            Self::Is => TextMatch::Is(text.into()),
            Self::Begins => TextMatch::Begins(text.into()),
            Self::Ends => TextMatch::Ends(text.into()),
            Self::Contains => TextMatch::Contains(text.into()),
        }
    }
}

impl TextMatch {
    /// Compares; `fold`: whatever the case (a regular expression knows that itself).
    pub(crate) fn is_match(&self, text: &[u8], fold: bool) -> bool {
        let same = |a: &[u8], b: &[u8]| if fold { a.eq_ignore_ascii_case(b) } else { a == b };
        match self {
            Self::Is(wanted) => same(text, wanted),
            Self::Begins(wanted) => text.get(..wanted.len()).is_some_and(|part| same(part, wanted)),
            Self::Ends(wanted) => {
                text.len().checked_sub(wanted.len()).is_some_and(|start| same(&text[start..], wanted))
            }
            Self::Contains(wanted) => {
                wanted.is_empty() || text.windows(wanted.len()).any(|part| same(part, wanted))
            }
            Self::Regex(regex) => regex.is_match(text),
            // It is worked out before it is compared.
            Self::Made(..) => false,
        }
    }
}

/// Messages that are taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handshake {
    /// The greeting of a MySQL server: any packet but an error.
    MysqlGreeting,
    /// What a MySQL server answers to a log-in, behind its greeting: any packet but an error.
    MysqlLogin,
    /// An LDAPv3 bind response with the code 0 (RFC 4511 4.2.2).
    LdapBind,
}

/// A part of what is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it is.
    Literal(Box<[u8]>),
    /// What came as an answer.
    Answer {
        /// Without so many bytes at its start.
        skip: usize,
        /// Without spaces at the start of the rest.
        trimmed: bool,
        /// Up to the end of the line.
        first_line: bool,
    },
    /// What a format gives.
    Made(Formula),
}

/// Puts the parts together.
pub(crate) fn render(pieces: &[Piece], answer: &[u8], text: impl Fn(&Formula) -> Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Made(formula) => out.extend(text(formula)),
            Piece::Answer { skip, trimmed, first_line } => {
                let mut part = answer.get(*skip..).unwrap_or_default();
                if *trimmed {
                    let start = part.iter().position(|&byte| byte != b' ').unwrap_or(part.len());
                    part = &part[start..];
                }
                if *first_line {
                    let end = part.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(part.len());
                    part = &part[..end];
                }
                out.extend_from_slice(part);
            }
        }
    }
    out
}
