//! Why a resource is refused, in an operator's words.

use std::fmt;

use sluicegate_proto::id::InvalidId;
use sluicegate_proto::v1::{ObjectId, Origin};

use crate::rule::InvalidHeaderName;
use crate::tls::BadCertificate;

/// One fault of one resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    /// As it came; empty where the fault is of the whole change.
    pub id: ObjectId,
    /// Of the rule where the fault is in one that has an origin, else of the object.
    pub origin: Option<Origin>,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        self.reason.fmt(f)
    }
}

impl std::error::Error for Rejected {}

/// What is wrong, and where in the resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The way to the field, outermost first.
    pub place: Vec<String>,
    /// What is wrong with it.
    pub fault: Fault,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.iter().try_for_each(|place| write!(f, "{place}: "))?;
        self.fault.fmt(f)
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs)] // The message of each variant is its documentation.
pub enum Fault {
    #[error("{0}")]
    Id(#[from] InvalidId),
    #[error("{0}")]
    HeaderName(#[from] InvalidHeaderName),
    #[error("{0} is not set")]
    Unset(&'static str),
    #[error("{what} has the value {value}, which this version does not know")]
    Unknown { what: &'static str, value: i32 },
    #[error("{what} names a {found}, wanted is a {expected}")]
    Kind { what: &'static str, expected: &'static str, found: &'static str },
    #[error("{what} is {value}, allowed is {least} to {most}")]
    Range { what: &'static str, value: i64, least: i64, most: i64 },
    #[error("{what} is {value}, allowed is {allowed}")]
    NotOneOf { what: &'static str, value: String, allowed: &'static str },
    #[error("{what} has {count} entries, the limit is {limit}")]
    TooMany { what: &'static str, count: usize, limit: usize },
    #[error("{what} is {bytes} bytes long, the limit is {limit}")]
    TooLong { what: &'static str, bytes: usize, limit: usize },
    #[error("{what} is empty")]
    Empty { what: &'static str },
    #[error("{what} has {value} twice")]
    Repeated { what: &'static str, value: String },
    #[error("{what} has a character that is not allowed there: {value:?}")]
    Character { what: &'static str, value: String },
    #[error("{what} is neither 4 nor 16 bytes of an address, but {bytes}")]
    Address { what: &'static str, bytes: usize },
    #[error("{what} means nothing here")]
    Meaningless { what: &'static str },

    #[error("the object comes twice")]
    Twice,
    #[error("the object is both changed and removed")]
    ChangedAndRemoved,
    #[error("there is one set of process settings, and {0} has it already")]
    SecondProcess(String),
    #[error("the address is that of {0} already")]
    SameAddress(String),
    #[error("{0} takes what comes by another protocol: datagrams need UDP mode, and connections any other")]
    OtherMode(String),
    #[error("... and {0} faults more")]
    More(usize),

    #[error("the name of a blob is the hash of its data, here {0}")]
    BlobName(String),
    #[error("{0:?} is no hash of a blob")]
    BlobHash(String),
    #[error("blob {0} is not there")]
    MissingBlob(String),
    #[error("the list {0} is not there")]
    MissingList(String),
    #[error("the list {0} has patterns, and no keys with values")]
    NoMap(String),
    #[error("the value of the key {key:?} is {value:?}, wanted is {wanted}")]
    MapValue { key: String, value: String, wanted: &'static str },
    #[error("the first step of a check connects")]
    NoConnection,
    #[error("the certificate `{name}` cannot be used: {why}")]
    Certificate { name: String, why: BadCertificate },
    #[error("{what}: {why}")]
    Tls { what: &'static str, why: String },
    /// `name`: what the configuration calls it; it may call it nothing.
    #[error("{what} `{name}`: {why}")]
    TlsFile { what: &'static str, name: String, why: String },
    #[error("is no HTTP/1 response: it has to begin with HTTP/1.")]
    NoResponse,

    #[error("there is no fetch {0}")]
    UnknownFetch(String),
    #[error("there is no converter {0}")]
    UnknownConverter(String),
    #[error("there is no log-format alias %{0}")]
    UnknownAlias(String),
    #[error("{of} wants the argument {argument}")]
    MissingArgument { of: String, argument: &'static str },
    #[error("{of} takes {most} arguments, here are {found}")]
    ExtraArgument { of: String, most: usize, found: usize },
    #[error("{of}: the argument {argument} is {found}, wanted is {wanted}")]
    Argument { of: String, argument: &'static str, found: String, wanted: &'static str },
    #[error("{of} takes {takes}, but gets {gets}")]
    Cast { of: String, takes: &'static str, gets: &'static str },

    #[error("a condition without operations")]
    NoOperations,
    #[error("operation {at} names test {test}, there are {tests}")]
    TestIndex { at: usize, test: u32, tests: usize },
    #[error("operation {at} lacks something to work on")]
    Underflow { at: usize },
    #[error("operation {at} nests deeper than {limit}")]
    Depth { at: usize, limit: usize },
    #[error("the operations leave {0} values, not one")]
    Leftover(usize),

    #[error("there is nothing to compare with")]
    NoPatterns,
    #[error(
        "{0:?} is neither a number nor a range (5, 1:9, 1:, :9) nor one of eq, ge, gt, le, lt before a number"
    )]
    BadInteger(String),
    #[error("{0:?} is neither an address nor a network (10.0.0.1, 10.0.0.0/8, 2001:db8::/32)")]
    BadNetwork(String),
    #[error("{0:?} are no hexadecimal digits in pairs")]
    BadHex(String),
    #[error("the regular expression {pattern:?} does not compile: {error}")]
    BadRegex { pattern: String, error: String },
    #[error("the regular expressions together do not compile: {0}")]
    BadRegexSet(String),
    #[error("the parts to look for do not compile: {0}")]
    BadSubstrings(String),
}
