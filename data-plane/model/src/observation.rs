//! What is made of the exchanges of an endpoint, beside its checks.

use std::num::NonZeroU32;

/// HAProxy: observe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// What counts.
    pub layer: Layer,
    /// So many bad ones in a row are too many (HAProxy: error-limit).
    pub error_limit: NonZeroU32,
    /// What comes of that.
    pub on_error: OnError,
}

/// What exchanges are judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Whether connections open.
    Connections,
    /// How answers are; a connection that does not open is a bad one.
    Answers,
}

/// What comes of too many bad exchanges in a row (HAProxy: on-error); with each of them the next probe comes soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// No more than that.
    ProbeSoon,
    /// A failed probe.
    FailCheck,
    /// A failed probe, and the next one takes it down.
    SuddenDeath,
    /// It is down.
    MarkDown,
}
