//! Compiled expressions: conditions, samples, matchers and formats.
//!
//! What they mean over a message is told by `sluicegate-rules`; here is what can be decided before there is one.

mod alias;
mod condition;
mod content;
mod figure;
mod format;
mod ip;
mod lookup;
mod map;
mod matcher;
mod sample;

pub use alias::Alias;
pub use condition::{Condition, Step, Test};
pub use content::{Content, Start, TlsPart};
pub use figure::{Counted, Figure, TimeUnit};
pub use format::{Format, Piece, Value};
pub use ip::{IpSet, Network};
pub use lookup::Lookup;
pub(crate) use lookup::{Networks, Ranges, Ranked, Side};
pub use map::{Map, Output, Outputs};
pub use matcher::{Affixes, Exact, IntSet, Matcher, Patterns, Substrings, Words};
pub use sample::{
    CertificateFact, Converter, Direction, Fetch, HeaderRef, Sample, Selection, ServerTls, TlsFact, TlsName,
    Whose,
};
pub use sluicegate_proto::catalog::ValueType;
