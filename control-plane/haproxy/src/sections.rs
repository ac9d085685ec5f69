//! The words that open a section, and what becomes of the sections that are not proxies.

use crate::ast::SectionKind;
use crate::keywords::{Place, Support};

/// A section that is not one of those that the tree has.
#[derive(Debug, PartialEq, Eq)]
pub struct SectionEntry {
    /// The word.
    pub name: &'static str,
    /// What becomes of it.
    pub support: Support,
    /// What it is for, in one line.
    pub summary: &'static str,
}

/// The words that open the sections of the tree.
pub(crate) const MAIN: [(&str, SectionKind); 9] = [
    ("global", SectionKind::Global),
    ("defaults", SectionKind::Defaults),
    ("frontend", SectionKind::Frontend),
    ("listen", SectionKind::Listen),
    ("backend", SectionKind::Backend),
    ("ring", SectionKind::Ring),
    ("cache", SectionKind::Cache),
    ("resolvers", SectionKind::Resolvers),
    ("crt-store", SectionKind::CrtStore),
];

/// All others.
pub(crate) static OTHERS: &[SectionEntry] = &[
    degraded("userlist", "Users and passwords.", "rules that ask for a user let nobody in"),
    degraded("peers", "Other processes to share stick tables with.", "tables are not shared yet"),
    degraded("mailers", "Mail servers for alerts.", "no mail is sent"),
    degraded(
        "traces",
        "Tracing of events inside the process.",
        "HAProxy's own event traces do not exist here",
    ),
    degraded("http-errors", "A named set of error pages.", "the built-in pages are sent"),
    degraded("log-forward", "Takes log messages and sends them on.", "it takes no messages"),
    degraded("log-profile", "Log formats by step.", "lines have the form that the proxy says"),
    degraded("fcgi-app", "A FastCGI application.", "the servers of backends that use it stand disabled"),
    degraded("acme", "Certificates from an ACME authority.", "no certificates are asked for"),
    degraded(
        "program",
        "A process to run beside.",
        "no processes are started; use the system's service manager",
    ),
    inert("ruleset", "Rules without listeners.", "HAProxy dropped it in 1.6; it never had an effect"),
    degraded("healthcheck", "A named health check.", "servers that use it are checked by connecting to them"),
];

const fn inert(name: &'static str, summary: &'static str, why: &'static str) -> SectionEntry {
    SectionEntry { name, support: Support::Inert { why }, summary }
}

const fn degraded(name: &'static str, summary: &'static str, why: &'static str) -> SectionEntry {
    SectionEntry { name, support: Support::Degraded { why }, summary }
}

/// The kind of section that `word` opens.
pub(crate) fn kind_of(word: &str) -> Option<SectionKind> {
    let main = MAIN.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
    main.or_else(|| OTHERS.iter().find(|entry| entry.name == word).map(SectionKind::Other))
}

/// Whether `word` begins a section; tells a file of this language by its content.
pub fn is_section(word: &str) -> bool {
    names().any(|name| name == word)
}

/// All words that open a section.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    MAIN.iter().map(|(name, _)| *name).chain(OTHERS.iter().map(|entry| entry.name))
}

/// The section name that is most like `word`, at most two edits away.
pub(crate) fn nearest(word: &str) -> Option<&'static str> {
    if word.len() > 32 {
        return None;
    }
    let limit = if word.len() < 5 { 1 } else { 2 };
    names()
        .filter(|name| name.len().abs_diff(word.len()) <= limit)
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

impl SectionKind {
    /// The word that opens it.
    pub fn as_str(self) -> &'static str {
        match self {
            SectionKind::Global => "global",
            SectionKind::Defaults => "defaults",
            SectionKind::Frontend => "frontend",
            SectionKind::Listen => "listen",
            SectionKind::Backend => "backend",
            SectionKind::Ring => "ring",
            SectionKind::Cache => "cache",
            SectionKind::Resolvers => "resolvers",
            SectionKind::CrtStore => "crt-store",
            SectionKind::Other(entry) => entry.name,
        }
    }

    /// Where its lines stand in the keyword table; none for sections whose lines are not read.
    pub fn place(self) -> Option<Place> {
        match self {
            SectionKind::Global => Some(Place::Global),
            SectionKind::Defaults => Some(Place::Defaults),
            SectionKind::Frontend => Some(Place::Frontend),
            SectionKind::Listen => Some(Place::Listen),
            SectionKind::Backend => Some(Place::Backend),
            SectionKind::Ring => Some(Place::Ring),
            SectionKind::Cache => Some(Place::Cache),
            SectionKind::Resolvers => Some(Place::Resolvers),
            SectionKind::CrtStore => Some(Place::CrtStore),
            SectionKind::Other(_) => None,
        }
    }

    /// Whether its first line has a name in any case.
    pub(crate) fn needs_name(self) -> bool {
        self.is_proxy() || matches!(self, SectionKind::Cache | SectionKind::Ring | SectionKind::Resolvers)
    }

    /// Whether it may stand on a `defaults` section.
    pub(crate) fn takes_defaults(self) -> bool {
        self.is_proxy() || self == SectionKind::Defaults
    }

    /// Whether it takes connections or has servers.
    pub fn is_proxy(self) -> bool {
        matches!(self, SectionKind::Frontend | SectionKind::Listen | SectionKind::Backend)
    }
}
