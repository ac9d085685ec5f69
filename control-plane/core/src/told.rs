//! What proxies answered when they were asked.

use sluicegate_proto::v1::Answered;

/// One proxy's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Whose.
    pub proxy_id: String,
    /// What it said, or why it said nothing.
    pub answer: Result<Answered, Untold>,
}

/// Why a proxy said nothing, in words that follow its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// Its build does not have the capability.
    #[error("is of a version that cannot be asked this")]
    Unable,
    /// The time was over.
    #[error("did not answer in time")]
    Silent,
    /// Answers of others are so long that there is no room for its own.
    #[error("has an answer for which there is no room")]
    NoRoom,
    /// Its session ended.
    #[error("went away before it answered")]
    Gone,
}
