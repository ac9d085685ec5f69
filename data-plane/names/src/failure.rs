//! Why a name leads nowhere.

use std::fmt;

/// What became of a question that was not answered with records, as far as hold times tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// Nobody answered.
    Timeout,
    /// All other failures: an answer without what was asked for, a name server that fails.
    Other,
    /// The name server does not want to answer.
    Refused,
    /// There is no such name.
    NxDomain,
}

/// In HAProxy's words, as its logs have them.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "DNS timeout status",
            Self::Other => "unspecified DNS error",
            Self::Refused => "DNS refused status",
            Self::NxDomain => "DNS NX status",
        })
    }
}

/// Why an answer has no records of what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It has none at all.
    Empty,
    /// The name is an alias, which leads nowhere.
    Alias,
    /// The name server does not want to answer.
    Refused,
    /// There is no such name.
    NxDomain,
    /// It has others, or the name server fails.
    Other,
}

impl From<Lack> for Failure {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Empty | Lack::Alias | Lack::Other => Self::Other,
            Lack::Refused => Self::Refused,
            Lack::NxDomain => Self::NxDomain,
        }
    }
}
