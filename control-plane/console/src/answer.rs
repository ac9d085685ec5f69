//! What comes of a command.

use std::time::Duration;

use sluicegate_core::overrides::{Edits, Value};
use sluicegate_proto::id::ObjectKey;

use crate::ask::Ask;

/// How grave a message is (RFC 5424, section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The command was not done.
    Error,
    /// It was done otherwise than asked, or something of it was not.
    Warning,
    /// Something was done.
    Notice,
    /// A fact.
    Info,
}

impl Severity {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Error => 3,
            Self::Warning => 4,
            Self::Notice => 5,
            Self::Info => 6,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "err",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
        }
    }
}

/// The text of an answer, as HAProxy has it: most messages end in a line end of their own, some do not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Of a message; `None`: no message but what was asked for, or nothing.
    pub severity: Option<Severity>,
    /// What is said.
    pub text: String,
}

impl Answer {
    /// Done, and nothing to say.
    pub fn done() -> Self {
        Self::default()
    }

    /// What was asked for.
    pub fn of(text: impl Into<String>) -> Self {
        Self { severity: None, text: text.into() }
    }

    /// A line that says why a command was not done.
    pub fn error(line: &str) -> Self {
        Self { severity: Some(Severity::Error), text: format!("{line}\n") }
    }

    /// The number of a version that was begun.
    pub fn prepared(version: u32) -> Self {
        Self::message(Severity::Info, format!("New version created: {version}\n"))
    }

    /// A message, its line end included where it has one.
    pub fn message(severity: Severity, text: impl Into<String>) -> Self {
        Self { severity: Some(severity), text: text.into() }
    }
}

/// What has to be done for a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Nothing but to answer.
    Answer(Answer),
    /// To set these over the configuration, all or none; then to answer.
    Set(Vec<(ObjectKey, Value)>, Answer),
    /// To begin a version of a list of patterns, and to tell its number.
    Prepare(ObjectKey),
    /// To change a version of a list that is ready.
    Edit(ObjectKey, u32, Edits),
    /// To put a version of a list into force.
    Commit(ObjectKey, u32),
    /// To ask the proxies.
    Ask(Ask),
    /// To wait, then to answer nothing.
    Wait(Duration),
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}
