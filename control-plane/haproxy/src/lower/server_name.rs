//! Names of servers, which are unique in their backend.

use std::collections::{HashMap, HashSet};

use super::Lowering;
use super::proxy::Proxy;
use super::reference::MAX_NAME_BYTES;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::word::Word;

/// The names of one section's servers.
pub(crate) struct ServerNames<'a> {
    written: HashSet<&'a str>,
    /// Where each was first, and the number that the next one of that name gets.
    seen: HashMap<&'a str, (Span, u32)>,
}

impl<'a> ServerNames<'a> {
    /// Of all names that are written in the section.
    pub(crate) fn of(written: impl Iterator<Item = &'a str>) -> Self {
        Self { written: written.collect(), seen: HashMap::new() }
    }

    /// For the next server: where an earlier one has its name, that with a number (`app-2`), and the place of the first.
    pub(crate) fn next(&mut self, name: &'a str, span: Span) -> Option<(String, Span)> {
        let Some((first, number)) = self.seen.get_mut(name) else {
            self.seen.insert(name, (span, 2));
            return None;
        };
        let mut own = format!("{name}-{number}");
        while self.written.contains(own.as_str()) {
            *number += 1;
            own = format!("{name}-{number}");
        }
        *number += 1;
        Some((own, *first))
    }
}

impl<'a> Lowering<'a> {
    /// The name that a server goes by: its own, or where an earlier one has it, that with a number. HAProxy took both up
    /// to 1.5 and refuses the second since, in some versions with a warning alone.
    pub(super) fn own_name(
        &mut self,
        proxy: &Proxy<'_, 'a>,
        word: &'a Word,
        names: &mut ServerNames<'a>,
    ) -> String {
        let name = word.text();
        let Some((own, first)) = names.next(name, word.span()) else { return name.to_owned() };
        let message = format!("`{}` has a server `{name}` already", proxy.name);
        let finding = if own.len() > MAX_NAME_BYTES {
            Diagnostic::error(Code::DuplicateName, word.span(), message).label("again")
        } else {
            Diagnostic::warning(Code::DuplicateName, word.span(), format!("{message}; this one is `{own}`"))
                .label("again")
                .help("give each server a name of its own")
        };
        let finding = finding.related(first, "first here");
        self.report(finding);
        own
    }
}
