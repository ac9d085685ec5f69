//! What expressions may ask about beside a message: the environment and the proxies of a configuration.

use std::collections::HashSet;

use crate::environment::Environment;

/// Where nothing is said of it, names are taken as they are.
#[derive(Debug, Default)]
pub(crate) struct Surroundings<'a> {
    /// Of `env`; `None`: not known.
    pub(crate) environment: Option<&'a Environment>,
    /// `None`: they are not known.
    pub(crate) proxies: Option<Proxies>,
    /// The name of the proxy that the expressions are for; empty: of none.
    pub(crate) own: &'a str,
    /// Variables that are set to nothing but what counts.
    pub(crate) counted: HashSet<String>,
    /// They are for a health check.
    pub(crate) checks: bool,
    /// What cannot be known, and why.
    pub(crate) hidden: Vec<(Hidden, &'static str)>,
}

impl Surroundings<'_> {
    /// Whether such a variable is named in an expression.
    pub(super) fn counts(&self, expression: &str) -> bool {
        let names = expression.split(['(', ')', ',']);
        !self.counted.is_empty() && names.into_iter().any(|name| self.counted.contains(name.trim()))
    }
}

/// The proxies that there are, and their servers.
#[derive(Debug, Default)]
pub(crate) struct Proxies {
    pub(crate) backends: HashSet<String>,
    pub(crate) frontends: HashSet<String>,
    /// `backend/server`
    pub(crate) servers: HashSet<String>,
}

/// Fetches whose value something that is not done would have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// Where the client connects from.
    Source,
    /// Where the client connected to.
    Destination,
    /// What headers there are.
    Headers,
}

impl Hidden {
    /// Whether it is a value of that fetch.
    pub(super) fn covers(self, fetch: &str) -> bool {
        match self {
            Self::Source => matches!(fetch, "src" | "src_port"),
            Self::Destination => matches!(fetch, "dst" | "dst_port"),
            Self::Headers => {
                let name = fetch.strip_prefix("req.").or(fetch.strip_prefix("res.")).unwrap_or(fetch);
                let of_lines = ["hdr", "fhdr", "shdr", "cook"].iter().any(|of| name.starts_with(of));
                of_lines || name == "base"
            }
        }
    }
}
