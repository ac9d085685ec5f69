//! What came of a form of the page, and how that is told.

/// What came of it: HAProxy's codes, and two of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// There was nothing to do.
    None,
    /// It is done at the servers that are known.
    Part,
    /// What was sent is no form, or is about nothing that is known.
    Invalid,
    /// What was sent is longer than what is taken.
    TooLong,
    /// Who asks may not.
    Denied,
    /// Nobody knows: it was told to the control plane, which has not answered.
    Unknown,
    /// The control plane cannot be reached: nothing has changed.
    Away,
    /// The control plane could not do it: nothing has changed.
    Failed,
}

const ALL: [Outcome; 9] = [
    Outcome::Done,
    Outcome::None,
    Outcome::Part,
    Outcome::Invalid,
    Outcome::TooLong,
    Outcome::Denied,
    Outcome::Unknown,
    Outcome::Away,
    Outcome::Failed,
];

impl Outcome {
    /// As it stands in an address, behind `;st=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::None => "NONE",
            Self::Part => "PART",
            Self::Invalid => "ERRP",
            Self::TooLong => "EXCD",
            Self::Denied => "DENY",
            Self::Unknown => "UNKN",
            Self::Away => "AWAY",
            Self::Failed => "FAIL",
        }
    }

    /// Of a code; what is none is not known.
    pub(crate) fn of(code: &str) -> Self {
        ALL.into_iter().find(|outcome| outcome.code() == code).unwrap_or(Self::Unknown)
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Done => "Done.",
            Self::None => {
                "Nothing was changed: no server was chosen, or there is nothing to do at those that were. \
                 Servers without health checks have none to turn on or off, and there are no agent checks."
            }
            Self::Part => "Done in part: some of the servers are not known here.",
            Self::Invalid => {
                "Nothing was changed: the action, the backend or the servers are not known here, or the form is broken."
            }
            Self::TooLong => "Nothing was changed: too many servers at one time. Choose fewer.",
            Self::Denied => "Denied: nothing was changed.",
            Self::Unknown => {
                "The control plane has not answered in time: it may be done or not. The tables show what is so now."
            }
            Self::Away => {
                "Nothing was changed: the control plane, which keeps such changes, cannot be reached now."
            }
            Self::Failed => "Nothing was changed: the control plane could not do it. Its log says why.",
        }
    }

    /// The class of its colour.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Done => "up",
            Self::None | Self::Part | Self::Unknown => "drain",
            Self::Invalid | Self::TooLong | Self::Denied | Self::Away | Self::Failed => "down",
        }
    }
}
