//! Who may do what.

use std::fmt;

/// What a connection may do (HAProxy: level). A higher one may all that a lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Reads what is no secret.
    User,
    /// Reads everything, changes nothing that matters.
    #[default]
    Operator,
    /// Everything.
    Admin,
}

impl Level {
    /// As the configuration and `show cli level` have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
