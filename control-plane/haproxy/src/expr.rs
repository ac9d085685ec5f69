//! HAProxy's expression language, which conditions, samples and log formats of every provider are written in.
//!
//! Words with their text come in, messages of the wire schema come out: [`Reader`] reads sample expressions
//! (`hdr(host),lower`), `acl` lines, conditions (`if a !b or { path_beg /x }`) and log-format strings (`%ci %[path]`).
//! It knows nothing of `haproxy.cfg`: whoever calls it maps a [`Place`] back to a line, a label or a field.
//!
//! Names come from `sluicegate_proto::catalog`. Source: HAProxy's configuration manual, parts 2.3, 7 and 8.2.6.

mod acl;
mod arguments;
mod bounds;
mod check;
mod condition;
mod constant;
mod format;
mod known;
mod list;
mod load;
mod patterns;
mod problem;
mod sample;
mod surroundings;
mod test;
#[cfg(test)]
mod tests;

pub use acl::Acls;
pub use bounds::Bounds;
pub(crate) use check::is_token;
pub(crate) use constant::CONSTANTS;
pub use format::{Preset, literal};
pub use list::Lists;
pub use load::{Blobs, FileLoader, Load, LoadError, MAX_NAMED_FILE_BYTES, NoFiles};
pub use problem::{Finding, Place, Problem};
pub use surroundings::Hidden;
pub(crate) use surroundings::{Proxies, Surroundings};

use crate::lower::PROVIDER;
use crate::source::Span;

/// When an expression is evaluated: it decides what there is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Over a connection of which nothing was read.
    Connection,
    /// Over a request; in TCP mode over the first bytes of a connection.
    Request,
    /// Over a response.
    Response,
    /// At the end, for the log.
    Log,
    /// Over the answer to a health check.
    Check,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// When it is evaluated.
    pub phase: Phase,
    /// Whether the proxy is in HTTP mode.
    pub http: bool,
}

impl Scope {
    /// Over an HTTP request.
    pub const REQUEST: Scope = Scope { phase: Phase::Request, http: true };
    /// Over an HTTP response.
    pub const RESPONSE: Scope = Scope { phase: Phase::Response, http: true };

    /// Over the answer to a health check.
    pub const CHECK: Scope = Scope { phase: Phase::Check, http: true };

    /// Words for messages.
    fn place(self) -> &'static str {
        match (self.phase, self.http) {
            (Phase::Connection, _) => "before anything is read",
            (_, false) => "in TCP mode",
            (Phase::Request, true) => "while the request is handled",
            (Phase::Response, true) => "while the response is handled",
            (Phase::Log, true) => "when the log line is written",
            (Phase::Check, true) => "in a health check",
        }
    }
}

/// Reads expressions, and collects what is wrong with them and the contents of the files that they name.
pub struct Reader<'a> {
    provider: &'static str,
    loader: &'a dyn Load,
    blobs: Blobs,
    lists: Lists,
    findings: Vec<Finding>,
    line: Option<Span>,
    surroundings: Surroundings<'a>,
}

impl<'a> Reader<'a> {
    /// A reader that takes pattern files from `loader`.
    pub fn new(loader: &'a dyn Load) -> Self {
        Self::of(PROVIDER, loader)
    }

    /// The same, with what it reads named as that of another provider.
    pub fn of(provider: &'static str, loader: &'a dyn Load) -> Self {
        Self {
            provider,
            loader,
            blobs: Blobs::default(),
            lists: Lists::default(),
            findings: Vec::new(),
            line: None,
            surroundings: Surroundings::default(),
        }
    }

    /// What is read from now on stands there. Where lines have places, a name counts only below its definition, as it
    /// does for HAProxy.
    pub fn stand_at(&mut self, line: Span) {
        self.line = Some(line);
    }

    /// The proxies of the configuration, once they are told.
    pub(crate) fn known_proxies(&self) -> Option<&Proxies> {
        self.surroundings.proxies.as_ref()
    }

    /// What expressions that are read from now on may ask about.
    pub(crate) fn surroundings(&mut self) -> &mut Surroundings<'a> {
        &mut self.surroundings
    }

    /// What was found since the last call. A method that gave `None` left at least one error here, or used an ACL
    /// that did.
    pub fn take_findings(&mut self) -> Vec<Finding> {
        std::mem::take(&mut self.findings)
    }

    /// Whose objects it names.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// Where contents that resources refer to are kept.
    pub fn blobs(&mut self) -> &mut Blobs {
        &mut self.blobs
    }

    /// The lists that expressions named.
    pub fn lists(&mut self) -> &mut Lists {
        &mut self.lists
    }

    /// The contents of all files read, and the lists.
    pub fn into_contents(self) -> (Blobs, Lists) {
        (self.blobs, self.lists)
    }

    /// Where files come from.
    pub fn loader(&self) -> &'a dyn Load {
        self.loader
    }

    fn report(&mut self, place: Place, problem: Problem) {
        self.findings.push(Finding { place, problem });
    }
}

/// One of the words given, and its index.
#[derive(Clone, Copy)]
struct Text<'a> {
    word: usize,
    text: &'a str,
}

impl Text<'_> {
    /// The bytes `start..end`.
    fn place(self, start: usize, end: usize) -> Place {
        Place { word: self.word, start, end }
    }

    /// Whole.
    fn whole(self) -> Place {
        self.place(0, self.text.len())
    }
}

/// The word with that index, and a text of nothing behind the last.
fn nth<'a>(words: &[&'a str], word: usize) -> Text<'a> {
    Text { word, text: words.get(word).copied().unwrap_or("") }
}

/// The candidate that looks most like `name`, if one is close enough to have been meant.
pub(crate) fn nearest<T: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = T>) -> Option<T> {
    let name = name.get(..64).unwrap_or(name);
    if name.len() > 64 {
        return None;
    }
    let allowed = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate.as_ref()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
