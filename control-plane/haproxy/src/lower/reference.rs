//! Names of proxies, and what refers to them.

use std::collections::{HashMap, HashSet};

use super::Lowering;
use super::proxy::Proxy;
use super::settings::Lines;
use crate::ast::{Section, SectionKind};
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::nearest;
use crate::source::Span;
use crate::word::Word;

/// The longest name of a proxy or server, in bytes: an id holds two, and a number behind one that is there twice.
pub(super) const MAX_NAME_BYTES: usize = 500;

/// Where a frontend sends what it is told to send to a backend.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// To the backend of that name.
    Backend(&'a str),
    /// It cannot go there, and must not go elsewhere.
    Nowhere,
}

impl<'a> Target<'a> {
    /// The name on the wire. No section can have that of nowhere, so that what goes there is answered 503 or closed.
    pub(super) fn name(self) -> &'a str {
        match self {
            Target::Backend(name) => name,
            Target::Nowhere => "/nowhere",
        }
    }
}

/// Which names are taken.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    frontends: HashMap<&'a str, Span>,
    backends: HashMap<&'a str, (Span, bool)>,
    /// Of these, the ones in UDP mode.
    datagrams: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    /// Whether a backend of that name is in HTTP mode; `None` where there is none.
    pub(super) fn is_http(&self, name: &str) -> Option<bool> {
        self.backends.get(name).map(|(_, http)| *http)
    }

    /// All that have servers, of one mode.
    pub(super) fn backends(&self, http: bool) -> impl Iterator<Item = &'a str> {
        self.backends.iter().filter(move |(_, (_, of))| *of == http).map(|(name, _)| *name)
    }

    /// Whether a backend is in UDP mode.
    pub(super) fn is_udp(&self, name: &str) -> bool {
        self.datagrams.contains(name)
    }

    /// Whether another section with servers below takes the same name, which is an error by itself.
    pub(super) fn is_given_again(&self, section: &Section) -> bool {
        let name = section.name.as_ref().map_or("", |name| name.text());
        self.backends.get(name).is_some_and(|(last, _)| *last != section.name_span())
    }
}

impl<'a> Lowering<'a> {
    /// Collects the names of all proxies; a frontend and a backend may share one.
    pub(super) fn names(&mut self, proxies: &[Lines<'a>]) {
        for lines in proxies {
            let section = lines.section();
            let Some(name) = &section.name else { continue };
            let span = name.span();
            self.short_name(name);
            let mode = lines.last("mode").and_then(|line| line.args().first()).map(Word::text);
            let http = mode == Some("http");
            let mut first = None;
            if matches!(section.kind, SectionKind::Frontend | SectionKind::Listen) {
                first = first.or(self.names.frontends.insert(name.text(), span));
            }
            if matches!(section.kind, SectionKind::Backend | SectionKind::Listen) {
                if mode == Some("udp") {
                    self.names.datagrams.insert(name.text());
                }
                first = first.or(self.names.backends.insert(name.text(), (span, http)).map(|(span, _)| span));
            }
            if let Some(first) = first {
                let message = format!("the name `{}` is taken", name.text());
                self.report(
                    Diagnostic::error(Code::DuplicateName, span, message)
                        .label("again")
                        .related(first, "first here"),
                );
            }
        }
    }

    /// Refuses a name that is too long to be part of an id.
    pub(super) fn short_name(&mut self, name: &Word) {
        if name.text().len() > MAX_NAME_BYTES {
            let message = format!("the name is longer than {MAX_NAME_BYTES} bytes");
            self.report(Diagnostic::error(Code::BadName, name.span(), message));
        }
    }

    /// The name of a server, checked as HAProxy does.
    pub(super) fn server_name(&mut self, name: &Word) {
        self.short_name(name);
        let bad = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if let Some((at, c)) = name.text().char_indices().find(|(_, c)| bad(*c)) {
            let message = format!("the character `{}` may not stand in a name", c.escape_debug());
            self.report(
                Diagnostic::error(Code::BadName, name.span_of(at..at + c.len_utf8()), message)
                    .help("names are made of ASCII letters, digits, `-`, `_`, `.` and `:`"),
            );
        }
    }

    /// A backend that is referred to; where traffic goes for it, if it exists and speaks what the frontend speaks.
    pub(super) fn backend_reference(&mut self, word: &'a Word, proxy: &Proxy<'_, 'a>) -> Option<Target<'a>> {
        let name = word.text();
        let Some((span, http)) = self.names.backends.get(name).copied() else {
            let near = nearest(name, self.names.backends.keys().copied());
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add a section `backend {name}`"),
            };
            let message = format!("there is no backend `{name}`");
            self.report(Diagnostic::error(Code::UnknownReference, word.span(), message).help(help));
            return None;
        };
        let (udp, has) = (self.names.is_udp(name), |udp| if udp { "in UDP mode" } else { "not in UDP mode" });
        if udp != proxy.is_udp() {
            let message = format!("the backend `{name}` is {}", has(udp));
            self.report(
                Diagnostic::error(Code::ModeMismatch, word.span(), message)
                    .label(format!("and `{}` is {}", proxy.name, has(proxy.is_udp())))
                    .related(span, "the backend")
                    .help("give both the same `mode`"),
            );
            return None;
        }
        if http && proxy.switches() {
            return Some(Target::Backend(name));
        }
        if http && !proxy.is_http() {
            let message = format!("connections in TCP mode do not become HTTP for the backend `{name}` yet");
            let finding = Diagnostic::warning(Code::DegradedValue, word.span(), message);
            self.report(finding.label("what is for it is closed").related(span, "the backend"));
            return Some(Target::Nowhere);
        }
        if http != proxy.is_http() {
            let mode = |http: bool| if http { "HTTP" } else { "TCP" };
            let message = format!("the backend `{name}` is in {} mode", mode(http));
            self.report(
                Diagnostic::error(Code::ModeMismatch, word.span(), message)
                    .label(format!("and `{}` is in {} mode", proxy.name, mode(proxy.is_http())))
                    .related(span, "the backend")
                    .help("give both the same `mode`"),
            );
            return None;
        }
        Some(Target::Backend(name))
    }

    /// `from` that names nothing.
    pub(super) fn unknown_defaults(&mut self, sections: &[&'a Section]) {
        let known: Vec<&str> = self
            .file
            .of_kind(SectionKind::Defaults)
            .filter_map(|section| section.name.as_ref().map(Word::text))
            .collect();
        for section in sections {
            let Some(from) = &section.from else { continue };
            let message = format!("there is no `defaults {}` above this line", from.text());
            let near = nearest(from.text(), known.iter().copied()).filter(|near| *near != from.text());
            let help = near.map(|near| format!("did you mean `{near}`?"));
            self.report(Diagnostic::error(Code::UnknownReference, from.span(), message).help_if(help));
        }
    }

    /// `from` that names two sections.
    pub(super) fn ambiguous_defaults(&mut self, sections: &[(&'a Section, &'a Section)]) {
        for (section, first) in sections {
            let Some(from) = &section.from else { continue };
            let message = format!("there is more than one `defaults {}` above this line", from.text());
            let finding = Diagnostic::error(Code::DuplicateName, from.span(), message)
                .related(first.name_span(), "the first of them");
            self.report(finding);
        }
    }
}
