//! What a proxy answers about itself.

use std::fmt;
use std::time::Duration;

use crate::expr::Condition;

/// What is asked for.
#[derive(Debug)]
pub enum Service {
    /// The statistics page.
    Stats(StatsPage),
    /// Metrics in Prometheus' text form.
    Exporter,
}

/// HAProxy: stats uri, stats auth and their like.
#[derive(Debug)]
pub struct StatsPage {
    /// Where it is; what follows in a request target are parameters.
    pub uri: Box<str>,
    /// Who may see it; empty: everybody.
    pub users: Vec<Credentials>,
    /// Of the question for a password.
    pub realm: Box<str>,
    /// Reload the page; `None`: never.
    pub refresh: Option<Duration>,
    /// Tell the program's version.
    pub show_version: bool,
    /// Tell addresses and algorithms.
    pub show_legends: bool,
    /// Show the node's name, this one where it is not empty.
    pub node: Option<Box<str>>,
    /// Show the process's description, this one where it is not empty.
    pub description: Option<Box<str>>,
    /// Names of the proxies that it shows; empty: all.
    pub scope: Vec<Box<str>>,
    /// Where one of these holds for a request, it may change things (HAProxy: stats admin).
    pub admin: Vec<Condition>,
}

impl StatsPage {
    /// Whether it shows the proxy of this name.
    pub fn shows(&self, name: &str) -> bool {
        self.scope.is_empty() || self.scope.iter().any(|shown| **shown == *name)
    }
}

/// A user and a password, as `user:password`. Printed without them.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(Box<str>);

impl Credentials {
    /// Of a user; the name has no colon (RFC 7617 2).
    pub fn new(user: &str, password: &str) -> Self {
        Self(format!("{user}:{password}").into())
    }

    /// Whether `given`, a decoded `user:password`, is this. The time it takes tells nothing but lengths.
    pub fn are(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differences = own.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
        own.len() == given.len() && std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_compared_whole_and_never_printed() {
        let credentials = Credentials::new("admin", "pass:word");
        assert!(credentials.are(b"admin:pass:word"));
        for wrong in ["admin:pass:wor", "admin:pass:words", "admin:pass:Word", "", ":"] {
            assert!(!credentials.are(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{credentials:?}"), "Credentials(redacted)");
    }
}
