//! What the proxy does with an update, and what it tells: the seams to its runtime.

use sluicegate_proto::generation::Generation;
use sluicegate_proto::hash::ContentHash;
use sluicegate_proto::v1::question::Ask;
use sluicegate_proto::v1::{Answered, Rejection, Report, Update};

/// An update is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What is served now: the generation of the update.
    pub generation: Generation,
}

/// An update is not served; what was served before is served on.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// It starts from other content than this proxy has.
    #[error("the update starts from {base}, this proxy has other content")]
    Base {
        /// Where it starts.
        base: ContentHash,
    },
    /// What it leads to is not what its generation names.
    #[error("the update leads to {got}, its generation names {wanted}")]
    Hash {
        /// In the generation.
        wanted: ContentHash,
        /// Of the content.
        got: ContentHash,
    },
    /// Resources that do not compile, or that this host cannot have.
    #[error("{} of its objects are refused", .0.len())]
    Rejected(Vec<Rejection>),
}

/// Serves updates: compiles, compares the hash, binds, commits. The same one serves updates from a session and from a
/// control plane in the same process.
#[allow(async_fn_in_trait)]
pub trait Apply {
    /// What is served now; `None`: nothing yet.
    fn held(&self) -> Option<Generation>;

    /// Serves what `update` leads to, all of it or nothing. An update with an empty base replaces everything.
    ///
    /// # Errors
    /// Where it is not served. The hash is compared before anything is committed.
    async fn apply(&mut self, update: Update) -> Result<Applied, Refused>;
}

/// Tells how the proxy is.
#[allow(async_fn_in_trait)]
pub trait Reporter {
    /// What changed since the last call; everything where `fresh`, which is so at the start of each session. Counters
    /// are cumulative since the process began.
    fn report(&mut self, fresh: bool) -> Report;

    /// Answers what the control plane asks, within a second or so: updates wait meanwhile. Of what the answer says of its
    /// number and its pieces nothing counts.
    async fn answer(&mut self, ask: Ask) -> Answered;
}
