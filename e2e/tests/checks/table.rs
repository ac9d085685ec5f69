//! Checks, and servers that answer them.

#[path = "table/bytes.rs"]
mod bytes;
#[path = "table/http.rs"]
mod http;
#[path = "table/protocols.rs"]
mod protocols;
#[path = "table/variables.rs"]
mod variables;

use sluicegate_e2e::Does;

/// One backend.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Its lines; `PORT` is that of its server.
    pub(crate) lines: &'static [&'static str],
    /// What its server does.
    pub(crate) does: &'static [Does],
    /// What is sent is the same to the byte.
    pub(crate) same_bytes: bool,
    /// Of its server.
    pub(crate) options: &'static str,
}

const fn case(name: &'static str, lines: &'static [&'static str], does: &'static [Does]) -> Case {
    Case { name, lines, does, same_bytes: false, options: "" }
}

const fn sent(name: &'static str, lines: &'static [&'static str], does: &'static [Does]) -> Case {
    Case { same_bytes: true, ..case(name, lines, does) }
}

const fn with(
    options: &'static str,
    name: &'static str,
    lines: &'static [&'static str],
    does: &'static [Does],
) -> Case {
    Case { options, ..case(name, lines, does) }
}

/// All of them.
pub(crate) fn cases() -> Vec<&'static Case> {
    [bytes::CASES, http::CASES, protocols::CASES, variables::CASES].into_iter().flatten().collect()
}
